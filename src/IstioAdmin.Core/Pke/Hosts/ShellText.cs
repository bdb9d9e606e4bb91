using System.Text.RegularExpressions;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>Words for a POSIX shell, and what it printed, fit for messages.</summary>
internal static partial class ShellText
{
    /// <summary>A word that the shell takes as it is.</summary>
    public static string Quote(string word) => Plain().IsMatch(word) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>A command line.</summary>
    public static string Line(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    /// <summary>
    /// Without join tokens, keys and passwords. The tool prints every flag it was given, tokens included, and kubeadm prints the commands
    /// to join with.
    /// </summary>
    public static string WithoutSecrets(string line)
    {
        line = SecretFlag().Replace(line, "$1***");
        line = BootstrapToken().Replace(line, "***");
        return Excerpt.WithoutSecrets(line);
    }

    [GeneratedRegex(@"^[A-Za-z0-9_@%+=:,./-]+$")]
    private static partial Regex Plain();

    // Flags of pke and kubeadm: --kubernetes-node-token, --pipeline-token, -t, --encryption-secret, --vsphere-password, --token, --certificate-key.
    [GeneratedRegex(@"(--?[a-z-]*(?:token|secret|password|certificate-key)[= ]+)(""[^""]*""|\S+)")]
    private static partial Regex SecretFlag();

    // Kubernetes documentation, "Authenticating with Bootstrap Tokens".
    [GeneratedRegex(@"\b[a-z0-9]{6}\.[a-z0-9]{16}\b")]
    private static partial Regex BootstrapToken();
}
