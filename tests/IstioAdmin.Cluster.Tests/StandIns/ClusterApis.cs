using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.StandIns;

/// <summary>The real API server, as different people see it.</summary>
internal static class ClusterApis
{
    /// <summary>As administrator.</summary>
    public static ClusterApi Admin(ControlPlane controlPlane) => ClusterApiConnection.WithCertificate(
        Server(controlPlane), Authority(controlPlane), X509Certificate2.CreateFromPemFile(Pki(controlPlane, "admin.crt"), Pki(controlPlane, "admin.key")));

    /// <summary>As a service account, with a token of its own: it may do what its roles allow, as a pod of that account.</summary>
    public static async Task<ClusterApi> AsServiceAccountAsync(ControlPlane controlPlane, ClusterApi admin, string @namespace, string name)
    {
        JsonObject answer = await admin.PostAsync($"api/v1/namespaces/{@namespace}/serviceaccounts/{name}/token", new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenRequest",
            ["spec"] = new JsonObject(),
        });
        return ClusterApiConnection.WithToken(Server(controlPlane), Authority(controlPlane), (string)answer["status"]!["token"]!);
    }

    private static Uri Server(ControlPlane controlPlane)
    {
        const string key = "API_PORT=";
        string port = File.ReadLines(Path.Combine(controlPlane.Directory, "env")).Single(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..];
        return new Uri($"https://127.0.0.1:{port}/");
    }

    private static X509Certificate2 Authority(ControlPlane controlPlane) => X509CertificateLoader.LoadCertificateFromFile(Pki(controlPlane, "ca.crt"));

    private static string Pki(ControlPlane controlPlane, string file) => Path.Combine(controlPlane.Directory, "pki", file);
}
