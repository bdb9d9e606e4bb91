namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>Command lines of the pke tool.</summary>
/// <remarks>Source: banzaicloud/pke <c>cmd/pke/docs/pke_install_*.md</c>, <c>pke_token_*.md</c>.</remarks>
internal static class PkeCommands
{
    public static string Role(HostClusterOptions options) => options.Workers.Count == 0 ? "single" : "master";

    public static string InstallMaster(HostClusterOptions options, string apiServer) => Line(options,
    [
        "install", Role(options),
        .. Flag("kubernetes-cluster-name", options.Name),
        .. Flag("kubernetes-api-server", apiServer),
        .. Common(options),
        .. Flag("kubernetes-network-provider", options.NetworkProvider),
        .. Flag("kubernetes-service-cidr", options.ServiceCidr),
        .. Flag("kubernetes-pod-network-cidr", options.PodCidr),
    ]);

    public static string InstallWorker(HostClusterOptions options, string apiServer, JoinToken token) => Line(options,
    [
        "install", "worker",
        .. Flag("kubernetes-node-token", token.Token),
        .. Flag("kubernetes-api-server-ca-cert-hash", token.Hash),
        .. Flag("kubernetes-api-server", apiServer),
        .. Common(options),
    ]);

    public static string ListTokens(HostClusterOptions options) => Line(options, ["token", "list", "-o", "json"]);

    public static string CreateToken(HostClusterOptions options) => Line(options, ["token", "create", "-o", "json"]);

    private static IEnumerable<string> Common(HostClusterOptions options) =>
    [
        .. Flag("kubernetes-version", options.KubernetesVersion?.TrimStart('v')),
        .. Flag("kubernetes-container-runtime", options.Runtime),
        .. options.ResetOnFailure ? ["--reset-on-failure"] : Array.Empty<string>(),
    ];

    private static IEnumerable<string> Flag(string name, string? value) => value is null ? [] : [$"--{name}={value}"];

    private static string Line(HostClusterOptions options, IEnumerable<string> words) => (options.Sudo ? "sudo -n " : "") + ShellText.Line([options.Tool, .. words]);
}
