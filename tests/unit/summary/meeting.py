"""A made-up ten minute meeting as an engine would hear it: greetings, fillers, repetitions, decisions, things to do."""

from __future__ import annotations

from enrich_tui.stages.results import Segment, Transcript, Word

LINES = """
Good morning everyone, can you hear me okay?
Yeah, hi Anna, we can hear you.
Hi, um, good morning. Let me share my screen.
Okay so, um, today we are here to talk about the onboarding flow and, uh, why so many people leave it early.
The numbers from last quarter show that forty two percent of new customers drop out at the identity check.
That's a lot.
Yeah, it is a lot.
The identity check asks for a photo of a passport, and, you know, on old phones the the camera page takes ages to load.
So the main problem is not the form itself, it's the loading time of the camera page.
Why does the camera page take so long to load?
Um, because it downloads the whole recognition library before it shows the first picture.
The recognition library is nine megabytes, and most people never need it on that page.
We could load the recognition library later, after the first photo has been taken.
Right.
I measured that on my old phone yesterday, and the page came up in two seconds.
That would be a big improvement for people on slow connections.
What about the people who do not have a passport with them?
For them we have the bank transfer as an alternative, but it is hidden behind a small link.
Nobody finds that link, support gets about thirty tickets a week because of it.
So we decided to show the bank transfer as a second button beside the passport photo.
I think everybody agrees on that.
Yeah, agreed.
Let's also talk about the emails for a minute.
The reminder email goes out after seven days, which is far too late.
In the experiment in March, a reminder after one day brought back eighteen percent of the people who had left.
A reminder after seven days brought back only three percent.
So we decided to send the reminder email after one day, and a second one after four days.
Tom, can you please change the schedule of the reminder emails by Thursday?
Sure, I will change the schedule and send the new texts to Maria for the translation.
Okay, um, and I need to check with legal whether we may mention the missing documents in the email.
Uh, another thing is the progress bar at the top of the onboarding flow.
The progress bar says five steps, but there are really eight steps, and people feel cheated.
In the interviews, six out of nine people mentioned the progress bar without being asked.
We should rewrite the progress bar so that it counts every step honestly.
That is, uh, not a lot of work, maybe two days.
Should we wait for the new design system before we touch the progress bar?
No, the design system will not be ready before autumn.
So the the progress bar gets fixed now and moves to the design system later.
Okay.
Let me, um, let me talk about the budget for the usability study.
We have nine thousand left for this quarter, and one round of interviews costs about four thousand.
Two rounds of interviews are possible, one before and one after the changes.
The first round should be with people who dropped out at the identity check.
Maria, could you find ten people who dropped out in the last month?
Yes, I'll ask support for a list of people by Friday.
When do we want to measure the result of all these changes?
I would say four weeks after the release, so that the numbers are stable.
The goal is to bring the drop out at the identity check from forty two percent to under thirty percent.
To sum up, the camera page loads faster, the bank transfer becomes a button, and the reminder goes out after one day.
We need to write the release plan and share it with the support team before the end of the month.
Um, anything else?
No, that's all from me.
Thanks everyone, have a nice day.
Bye bye.
See you next week.
""".strip().splitlines()


def transcript(lines: list[str] = LINES, *, punctuated: bool = True, words: bool = True) -> Transcript:
    """The meeting as segments of about eight words that care for no sentence, 2.6 words a second."""
    spoken: list[Word] = []
    at = 1.0
    for line in lines:
        for token in line.split():
            text = token if punctuated else token.lower().strip(".,?!")
            spoken.append(Word(start=at, end=at + 0.3, text=text))
            at += 0.38
        at += 0.9
    segments = []
    for index in range(0, len(spoken), 8):
        part = tuple(spoken[index : index + 8])
        segments.append(
            Segment(
                id=index // 8,
                start=part[0].start,
                end=part[-1].end,
                text=" ".join(word.text for word in part),
                words=part if words else (),
            )
        )
    return Transcript(language="en", duration=at, segments=tuple(segments), tracks=("meeting.wav",), engine="made")
