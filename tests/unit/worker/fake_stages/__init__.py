"""Stages that misbehave, by the title of the session: see :mod:`tests.unit.worker.fake_stages.audio`."""
