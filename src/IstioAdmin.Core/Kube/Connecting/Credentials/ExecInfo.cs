using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Connecting.Credentials;

/// <summary>The value of <c>KUBERNETES_EXEC_INFO</c>: what an exec plugin is told about the call.</summary>
internal static class ExecInfo
{
    /// <summary>Name of the cluster extension whose content is handed to the plugin (client-go <c>tools/clientcmd/api/types.go</c>).</summary>
    private const string Extension = "client.authentication.k8s.io/exec";

    public static string Create(string apiVersion, JsonObject? cluster)
    {
        var spec = new JsonObject { ["interactive"] = false };
        if (cluster is not null)
            spec["cluster"] = cluster;
        return new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = "ExecCredential", ["spec"] = spec }.ToJsonString();
    }

    public static JsonObject Cluster(KubeconfigEntry cluster, byte[]? authority)
    {
        KubeconfigMap fields = cluster.Fields!;
        var info = new JsonObject { ["server"] = fields.Text("server") };
        if (fields.Text("tls-server-name") is { } name)
            info["tls-server-name"] = name;
        if (fields.Flag("insecure-skip-tls-verify"))
            info["insecure-skip-tls-verify"] = true;
        if (authority is not null)
            info["certificate-authority-data"] = Convert.ToBase64String(authority);
        if (fields.Text("proxy-url") is { } proxy)
            info["proxy-url"] = proxy;
        if (fields.Flag("disable-compression"))
            info["disable-compression"] = true;
        if (fields.Maps("extensions").FirstOrDefault(e => e.Text("name") == Extension) is { } extension)
            info["config"] = extension.Json("extension");
        return info;
    }
}
