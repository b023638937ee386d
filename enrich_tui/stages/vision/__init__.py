"""What the video stage sees with: sampling frames, finding cuts, pictures, and the formats of chapters."""
