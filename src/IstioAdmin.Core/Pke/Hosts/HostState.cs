using System.Globalization;

namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>What a machine is, found out without changing it.</summary>
internal sealed record HostState
{
    public required string NodeName { get; init; }

    /// <summary>Whether a control plane was installed.</summary>
    public bool IsMaster { get; init; }

    /// <summary>Whether a kubelet has joined some cluster.</summary>
    public bool IsNode { get; init; }

    /// <summary>SHA-256 of the cluster's authority that it has; empty for none.</summary>
    public string Authority { get; init; } = "";

    /// <summary>Looks at a machine.</summary>
    /// <remarks>Files: kubeadm's "Implementation details": admin.conf and kubelet.conf are written when the control plane, the node has its identity.</remarks>
    /// <exception cref="MeshException"><c>PkeToolNotFound</c>, <c>RootNeeded</c>, <c>SudoRefused</c>, or ssh's.</exception>
    public static async Task<HostState> ReadAsync(HostShell shell, HostClusterOptions options, CancellationToken cancel)
    {
        string sudo = options.Sudo ? "sudo -n " : "";
        HostAnswer answer = await shell.RunAsync($$"""
            echo "user=$(id -u)"
            echo "node=$(hostname)"
            command -v {{ShellText.Quote(options.Tool)}} >/dev/null 2>&1 && echo tool=yes
            {{(options.Sudo ? "sudo -n true 2>/dev/null && echo sudo=yes" : ":")}}
            {{sudo}}test -s /etc/kubernetes/admin.conf && echo master=yes
            {{sudo}}test -s /etc/kubernetes/kubelet.conf && echo joined=yes
            echo "authority=$({{sudo}}sha256sum /etc/kubernetes/pki/ca.crt 2>/dev/null | cut -d' ' -f1)"
            exit 0
            """, null, cancel).ConfigureAwait(false);
        ILookup<string, string> found = answer.Output.Split('\n').Where(line => line.Contains('=', StringComparison.Ordinal))
            .ToLookup(line => line[..line.IndexOf('=', StringComparison.Ordinal)], line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        if (!int.TryParse(found["user"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out int user))
            throw new MeshException("HostNotUsable", FailureKind.Other, $"Host '{shell.Host}' does not run shell scripts as expected: {string.Join(" ", answer.Tail)}", "Log in by hand and look.", shell.Host.ToString());
        if (!found["tool"].Any())
        {
            throw new MeshException("PkeToolNotFound", FailureKind.NotFound, $"Host '{shell.Host}' has no '{options.Tool}' in the PATH of non-interactive logins.",
                "Install the pke tool there (/usr/local/bin/pke), or give its path with -ToolPath.", shell.Host.ToString());
        }
        if (options.Sudo && !found["sudo"].Any())
        {
            throw new MeshException("SudoRefused", FailureKind.Forbidden, $"Host '{shell.Host}': sudo is refused, or asks for a password.",
                "Allow the user sudo without a password (NOPASSWD) there, or log in as root.", shell.Host.ToString());
        }
        if (user != 0 && !options.Sudo)
        {
            throw new MeshException("RootNeeded", FailureKind.Forbidden, $"Host '{shell.Host}': the login is no root, and PKE can only be installed as root.",
                "Log in as root@host, or add -Sudo.", shell.Host.ToString());
        }
        return new HostState
        {
            NodeName = found["node"].FirstOrDefault() ?? "",
            IsMaster = found["master"].Any(),
            IsNode = found["joined"].Any(),
            Authority = found["authority"].FirstOrDefault() ?? "",
        };
    }
}
