using System.Globalization;

namespace IstioAdmin.Core.Mesh;

/// <summary>A release line of Istio, such as 1.22: what upstream's branches, and so the rules of redirection, go by.</summary>
/// <param name="Major">Major version.</param>
/// <param name="Minor">Minor version.</param>
public readonly record struct IstioRelease(int Major, int Minor) : IComparable<IstioRelease>
{
    /// <summary>Reads the release line of a version: <c>1.22</c> of <c>1.22.3</c>, <c>v1.22.3-alpha.1</c> or <c>1.22</c>.</summary>
    /// <returns>False when the text does not start with two numbers.</returns>
    public static bool TryParse(ReadOnlySpan<char> version, out IstioRelease release)
    {
        release = default;
        if (version.Length > 1 && version[0] == 'v')
            version = version[1..];
        int dot = version.IndexOf('.');
        if (dot < 1)
            return false;
        ReadOnlySpan<char> rest = version[(dot + 1)..];
        int end = rest.IndexOfAnyExceptInRange('0', '9');
        ReadOnlySpan<char> minor = end < 0 ? rest : rest[..end];
        if (end >= 0 && rest[end] is not ('.' or '-' or '+'))
            return false;
        if (!Number(version[..dot], out int first) || !Number(minor, out int second))
            return false;
        release = new(first, second);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(IstioRelease other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    /// <summary>Whether one release line is older than another.</summary>
    public static bool operator <(IstioRelease left, IstioRelease right) => left.CompareTo(right) < 0;

    /// <summary>Whether one release line is newer than another.</summary>
    public static bool operator >(IstioRelease left, IstioRelease right) => left.CompareTo(right) > 0;

    /// <summary>Whether one release line is as old as another or older.</summary>
    public static bool operator <=(IstioRelease left, IstioRelease right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one release line is as new as another or newer.</summary>
    public static bool operator >=(IstioRelease left, IstioRelease right) => left.CompareTo(right) >= 0;

    /// <summary>The release line as upstream writes it: <c>1.22</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    private static bool Number(ReadOnlySpan<char> digits, out int value) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
