namespace IstioAdmin.Core.Health;

/// <summary>Many names in one message.</summary>
internal static class Names
{
    private const int Most = 5;

    /// <summary>The first few, and how many more there are.</summary>
    public static string List(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(Most)) + (names.Count > Most ? $" and {names.Count - Most} more" : "");

    /// <summary>A number with its noun: <c>1 pod</c>, <c>2 pods</c>.</summary>
    public static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
