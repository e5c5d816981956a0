"""What the tests share: programs for the embedded runtime, and servers that misbehave on cue."""
