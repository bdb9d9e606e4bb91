namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Host names with wildcards, as gateways compare them: <c>*</c> stands for everything, or for the first parts of a name.</summary>
internal static class HostNames
{
    /// <summary>The names that both stand for: the narrower of the two; null when there are none.</summary>
    public static string? Common(string one, string other) =>
        Covers(one, other) ? other : Covers(other, one) ? one : null;

    /// <summary>Whether every name that the second stands for is one of the first.</summary>
    public static bool Covers(string wide, string narrow) =>
        wide == "*"
        || string.Equals(wide, narrow, StringComparison.OrdinalIgnoreCase)
        || (wide.StartsWith("*.", StringComparison.Ordinal) && narrow.EndsWith(wide[1..], StringComparison.OrdinalIgnoreCase) && narrow.Length >= wide.Length);

    /// <summary>Whether it stands for one name only.</summary>
    public static bool IsOne(string name) => !name.Contains('*', StringComparison.Ordinal);
}
