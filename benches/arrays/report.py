"""Aims, what counts as a miss, and the tables."""

# worse than its aim by this factor is a failure of the run
FAILURE = 1.5


class Report:
    """Judges figures and keeps what missed."""

    def __init__(self):
        self.missed = []
        self.failed = []

    def judge(self, what, text, aim, worse):
        """A figure beside its aim; `worse` says how many times worse than the aim it is."""
        if worse <= 1:
            return f"{text} (aim {aim})"
        word = "MISSED" if worse <= FAILURE else "FAILED"
        (self.missed if worse <= FAILURE else self.failed).append(f"{what}: {text}, aim {aim}")
        return f"**{text} {word}** (aim {aim})"

    def times(self, what, ratio, aim):
        """How many times as fast as a peer, at least `aim` wanted."""
        return self.judge(what, f"{ratio:.2f}x", f"{aim:g}x", aim / ratio)

    def most(self, what, value, aim, unit, digits=0):
        """A figure that should be at most `aim`."""
        return self.judge(what, f"{value:.{digits}f} {unit}", f"{aim:g} {unit}", value / aim)

    def fault(self, what, why):
        """A run of the program that failed or gave something else than NumPy."""
        self.failed.append(f"{what}: {why}")
        return f"**FAILED**: {why[:120]}"

    def close(self):
        """Lists misses and failures; the exit code."""
        for word, kept in (("missed", self.missed), ("failed", self.failed)):
            print(f"\n{len(kept)} figures {word}" + (":" if kept else "."))
            for line in kept:
                print(f"- {line}")
        return 1 if self.failed else 0


def table(title, heads, rows):
    """A table in Markdown."""
    print(f"\n{title}\n\n| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |")
