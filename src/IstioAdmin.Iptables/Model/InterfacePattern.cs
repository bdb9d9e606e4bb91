namespace IstioAdmin.Iptables.Model;

/// <summary>An interface name, or with a final <c>+</c> all names that begin so.</summary>
/// <param name="Text">The pattern as written.</param>
public readonly record struct InterfacePattern(string Text)
{
    /// <summary>Longest name the kernel knows (IFNAMSIZ without the closing zero).</summary>
    public const int MaxLength = 15;

    /// <summary>Whether the pattern ends in the wildcard.</summary>
    public bool IsPrefix => Text.EndsWith('+');

    /// <summary>Whether an interface's name fits.</summary>
    public bool Matches(string name) =>
        IsPrefix ? name.AsSpan().StartsWith(Text.AsSpan(0, Text.Length - 1), StringComparison.Ordinal) : string.Equals(name, Text, StringComparison.Ordinal);
}
