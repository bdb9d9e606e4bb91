using System.Globalization;
using System.Net;
using IstioAdmin.Core.Kube.Connecting.Credentials;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>The service account that Kubernetes gives to each pod.</summary>
/// <remarks>Source: Kubernetes documentation, "Accessing the Kubernetes API from a Pod"; client-go <c>rest/config.go</c>, InClusterConfig.</remarks>
internal static class InClusterAccount
{
    public const string ContextName = "in-cluster";

    public static bool IsPresent(KubeEnvironment environment) =>
        !string.IsNullOrEmpty(environment.Variable("KUBERNETES_SERVICE_HOST")) && File.Exists(Path.Combine(environment.ServiceAccount, "token"));

    public static ConnectionSettings Resolve(KubeEnvironment environment, TimeSpan timeout)
    {
        string host = environment.Variable("KUBERNETES_SERVICE_HOST")!;
        if (!int.TryParse(environment.Variable("KUBERNETES_SERVICE_PORT"), NumberStyles.None, CultureInfo.InvariantCulture, out int port))
            port = 443;
        if (IPAddress.TryParse(host, out IPAddress? address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
            host = $"[{host}]";
        var server = new Uri($"https://{host}:{port}/");
        string directory = environment.ServiceAccount;
        return new ConnectionSettings
        {
            Endpoint = new KubeEndpoint(ContextName, server, "service account", Namespace(environment)),
            Trust = ServerTrust.Create(
                server, null, Authority(environment), insecure: false,
                () => KubeconfigError.CertificateInvalid(directory, "the pod's service account", "ca.crt")),
            Credentials = new TokenFileCredentials(Path.Combine(directory, "token"), "the pod's service account"),
            ConnectTimeout = timeout,
        };
    }

    private static byte[]? Authority(KubeEnvironment environment)
    {
        string path = Path.Combine(environment.ServiceAccount, "ca.crt");
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }

    private static string Namespace(KubeEnvironment environment)
    {
        string path = Path.Combine(environment.ServiceAccount, "namespace");
        return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } ns ? ns : "default";
    }
}
