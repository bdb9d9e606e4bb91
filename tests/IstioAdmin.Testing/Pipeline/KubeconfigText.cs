namespace IstioAdmin.Testing.Pipeline;

/// <summary>A kubeconfig as Pipeline gives it out for PKE on AWS, with a login helper of the time.</summary>
internal static class KubeconfigText
{
    public static string For(string cluster) => $"""
        apiVersion: v1
        kind: Config
        clusters:
        - cluster:
            server: https://192.0.2.10:6443
            certificate-authority-data: Y2VydGlmaWNhdGU=
          name: {cluster}
        contexts:
        - context:
            cluster: {cluster}
            user: {cluster}-admin
          name: {cluster}-admin@{cluster}
        current-context: {cluster}-admin@{cluster}
        users:
        - name: {cluster}-admin
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1alpha1
              command: login-helper
              args: ["token", "-i", "{cluster}"]

        """;
}
