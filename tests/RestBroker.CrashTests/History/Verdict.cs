namespace RestBroker.CrashTests.History;

/// <summary>What is wrong with a history; a good one has zeros everywhere but in the first two and the last two.</summary>
internal readonly record struct Verdict(
    int Acked, int Found, int Lost, int Duplicated, int Reordered, int WentBack, int Vanished, int Reused, int Invented, int Unknown, int UnknownFound)
{
    public bool IsGood => (Lost | Duplicated | Reordered | WentBack | Vanished | Reused | Invented) == 0;

    public static Verdict operator +(Verdict a, Verdict b) => new(
        a.Acked + b.Acked, a.Found + b.Found, a.Lost + b.Lost, a.Duplicated + b.Duplicated, a.Reordered + b.Reordered, a.WentBack + b.WentBack,
        a.Vanished + b.Vanished, a.Reused + b.Reused, a.Invented + b.Invented, a.Unknown + b.Unknown, a.UnknownFound + b.UnknownFound);
}
