using System.Text;

namespace IstioAdmin.Sandbox.Serving;

/// <summary>Kubeconfigs of the sandbox's clusters.</summary>
internal static class SandboxKubeconfig
{
    /// <summary>One with a token in it; a secret.</summary>
    /// <param name="name">The name of cluster, user and context.</param>
    /// <param name="server">The address of the API.</param>
    /// <param name="authority">The certificate of the authority, PEM.</param>
    /// <param name="token">The token.</param>
    public static string For(string name, Uri server, string authority, string token) => $"""
        apiVersion: v1
        kind: Config
        current-context: "{name}"
        clusters:
        - name: "{name}"
          cluster:
            server: {server.ToString().TrimEnd('/')}
            certificate-authority-data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(authority))}
        contexts:
        - name: "{name}"
          context:
            cluster: "{name}"
            user: {name}-admin
        users:
        - name: {name}-admin
          user:
            token: {token}

        """;
}
