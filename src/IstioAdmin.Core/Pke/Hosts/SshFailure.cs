namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>What ssh says when it cannot log in, and what to do then.</summary>
internal static class SshFailure
{
    private static readonly (string Words, string Id, FailureKind Kind, string Remedy)[] Table =
    [
        ("IDENTIFICATION HAS CHANGED", "SshHostKeyRefused", FailureKind.Unauthenticated,
            "The machine shows another key than the one that is known. Find out why; only when it is right, remove the old key with ssh-keygen -R."),
        ("Host key verification failed", "SshHostKeyRefused", FailureKind.Unauthenticated,
            "Its key is not known yet. Log in once by hand with ssh, compare the fingerprint and accept it, or add the key to known_hosts."),
        ("Permission denied", "SshLoginRefused", FailureKind.Unauthenticated,
            "Name the key with -IdentityFile and the user as user@host, or start an agent that has the key; passwords are not asked for."),
        ("Too many authentication failures", "SshLoginRefused", FailureKind.Unauthenticated, "Name the key with -IdentityFile."),
        ("Could not resolve hostname", "SshUnreachable", FailureKind.Connection, "Correct the name, or add an alias to ssh's configuration."),
    ];

    public static MeshException Of(PkeHost host, IReadOnlyList<string> lines, bool begun)
    {
        string said = string.Join(" ", lines.TakeLast(begun ? 3 : 8));
        (string _, string id, FailureKind kind, string remedy) = Array.Find(Table, row => !begun && said.Contains(row.Words, StringComparison.OrdinalIgnoreCase)) is { Id: not null } found
            ? found
            : begun
                ? ("", "SshConnectionLost", FailureKind.Connection, "Run the command again: what is installed already is seen, and the rest is gone on with.")
                : ("", "SshUnreachable", FailureKind.Connection, "Check that the machine is up and that ssh leads to it.");
        return new MeshException(id, kind, $"Host '{host}': {(begun ? "the connection broke" : "ssh could not log in")}: {said}", remedy, host.ToString());
    }
}
