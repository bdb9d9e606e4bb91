using System.Management.Automation;
using IstioAdmin.Core;

namespace IstioAdmin;

/// <summary>A name as people type it: exact, or with PowerShell's wildcards (<c>* ? [ ]</c>), which a backtick escapes. Case does not matter.</summary>
internal sealed class NamePattern
{
    private readonly WildcardPattern? _wildcard;

    private NamePattern(string text, WildcardPattern? wildcard)
    {
        Text = text;
        _wildcard = wildcard;
    }

    /// <summary>The exact name, unescaped; with wildcards, the pattern.</summary>
    public string Text { get; }

    /// <summary>Whether it may match several names, or none.</summary>
    public bool HasWildcards => _wildcard is not null;

    /// <exception cref="MeshException">The pattern cannot be read, for example because a bracket is missing.</exception>
    public static NamePattern Parse(string text)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(text))
            return new(WildcardPattern.Unescape(text), null);
        var wildcard = new WildcardPattern(text, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        try
        {
            _ = wildcard.IsMatch(string.Empty);
        }
        catch (WildcardPatternException e)
        {
            throw new MeshException("InvalidPattern", FailureKind.InvalidInput, $"'{text}' is not a valid wildcard pattern: {e.Message}",
                "Escape wildcard characters with a backtick to mean them literally.", text, e);
        }
        return new(text, wildcard);
    }

    public bool IsMatch(string name) => _wildcard?.IsMatch(name) ?? string.Equals(name, Text, StringComparison.OrdinalIgnoreCase);
}
