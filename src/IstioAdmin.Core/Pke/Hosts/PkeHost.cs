using System.Globalization;

namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>A machine that PKE is installed on: this one, or one that ssh leads to.</summary>
public sealed record PkeHost
{
    private PkeHost()
    {
    }

    /// <summary>This machine.</summary>
    public static PkeHost Local { get; } = new() { Name = "localhost", IsLocal = true };

    /// <summary>Host name, address, or alias from ssh's own configuration.</summary>
    public required string Name { get; init; }

    /// <summary>User to log in as; null for what ssh's configuration says.</summary>
    public string? User { get; private init; }

    /// <summary>Port; null for what ssh's configuration says.</summary>
    public int? Port { get; private init; }

    /// <summary>Whether it is this machine, which needs no ssh.</summary>
    public bool IsLocal { get; private init; }

    /// <summary>Reads <c>[user@]host[:port]</c>; an IPv6 address stands in brackets when a port follows.</summary>
    /// <exception cref="MeshException"><c>HostInvalid</c>.</exception>
    public static PkeHost Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string rest = text;
        string? user = null;
        if (rest.LastIndexOf('@') is var at and >= 0)
            (user, rest) = (rest[..at], rest[(at + 1)..]);
        int? port = null;
        if (rest.StartsWith('[') && rest.IndexOf(']', StringComparison.Ordinal) is var bracket and > 0)
        {
            if (bracket + 1 < rest.Length)
                port = ParsePort(text, rest[(bracket + 1)..].StartsWith(':') ? rest[(bracket + 2)..] : "");
            rest = rest[1..bracket];
        }
        else if (rest.Count(c => c == ':') == 1)
        {
            int colon = rest.IndexOf(':', StringComparison.Ordinal);
            (port, rest) = (ParsePort(text, rest[(colon + 1)..]), rest[..colon]);
        }
        // What begins with a dash would be an option of ssh; what has blanks or quotes is no name.
        if (!IsName(rest) || (user is not null && !IsName(user)))
            throw Invalid(text);
        return new PkeHost { Name = rest, User = user, Port = port };
    }

    /// <summary>As it was written.</summary>
    public override string ToString()
    {
        string name = Port is not null && Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]" : Name;
        return string.Create(CultureInfo.InvariantCulture, $"{(User is null ? "" : $"{User}@")}{name}{(Port is { } port ? $":{port}" : "")}");
    }

    private static bool IsName(string name) =>
        name.Length > 0 && name[0] != '-' && name.All(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or ':' or '%' or '\\');

    private static int ParsePort(string text, string port) =>
        int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and < 65536 ? number : throw Invalid(text);

    private static MeshException Invalid(string text) => new(
        "HostInvalid", FailureKind.InvalidInput, $"'{text}' is not a host to log in to.", "Write [user@]host[:port], for example root@10.0.0.5.", text);
}
