using System.Net;
using System.Text;
using IstioAdmin.Core.Kube.Connecting.Credentials;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>Turns a kubeconfig context into connection settings: looks up its cluster and user, loads and checks everything they name.</summary>
internal static class ContextResolver
{
    public static ConnectionSettings Resolve(Kubeconfig config, string? contextName, TimeSpan timeout)
    {
        string name = contextName ?? config.CurrentContext ?? throw KubeconfigError.NoCurrentContext(config);
        KubeconfigEntry context = config.Contexts.Find(name) ?? throw KubeconfigError.ContextNotFound(config, name);
        string? clusterName = context.Fields?.Text("cluster");
        KubeconfigEntry cluster = (clusterName is null ? null : config.Clusters.Find(clusterName))
            ?? throw KubeconfigError.ClusterNotFound(context.File, name, clusterName);
        string? userName = context.Fields?.Text("user");
        KubeconfigEntry? user = userName is null ? null : config.Users.Find(userName) ?? throw KubeconfigError.UserNotFound(context.File, name, userName);

        Uri server = Server(cluster);
        byte[]? authority = CertificateAuthority(cluster);
        bool insecure = cluster.Fields!.Flag("insecure-skip-tls-verify");
        string? tlsServerName = cluster.Fields.Text("tls-server-name");
        bool tls = server.Scheme == Uri.UriSchemeHttps;
        return new ConnectionSettings
        {
            Endpoint = new KubeEndpoint(name, server, userName ?? "", context.Fields?.Text("namespace") ?? "default") { Kubeconfig = config.Files, KubeconfigText = config.Text },
            Trust = ServerTrust.Create(
                server, tlsServerName, authority, insecure,
                () => KubeconfigError.CertificateInvalid(cluster.File, Owner(cluster, "cluster"), AuthorityField(cluster))),
            TlsServerName = tlsServerName,
            Proxy = Proxy(cluster),
            DisableCompression = cluster.Fields.Flag("disable-compression"),
            Certificate = user is null ? null : UserCertificate(user),
            Credentials = user is null ? FixedCredentials.None : UserCredentials.Create(user, cluster, authority),
            Impersonation = user is null ? null : UserImpersonation(user),
            ConnectTimeout = timeout,
            Warnings = Warnings(server, insecure && tls, user),
        };
    }

    /// <summary>The bytes of a field that holds base64, or of the file that its sibling without <c>-data</c> names; null when there is neither.</summary>
    public static byte[]? Data(KubeconfigEntry entry, string kind, string field)
    {
        if (entry.Fields?.Text($"{field}-data") is { } data)
        {
            try
            {
                return Convert.FromBase64String(data);
            }
            catch (FormatException)
            {
                throw KubeconfigError.NotBase64(entry.File, Owner(entry, kind), $"{field}-data");
            }
        }
        if (entry.Fields?.Text(field) is not { } named)
            return null;
        string path = entry.Resolve(named);
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw KubeconfigError.FileMissing(entry.File, Owner(entry, kind), field, path, "does not exist");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw KubeconfigError.FileMissing(entry.File, Owner(entry, kind), field, path, "cannot be read");
        }
    }

    private static string Owner(KubeconfigEntry entry, string kind) => $"{kind} '{entry.Name}'";

    private static string AuthorityField(KubeconfigEntry cluster) =>
        cluster.Fields!.Has("certificate-authority-data") ? "certificate-authority-data" : "certificate-authority";

    private static byte[]? CertificateAuthority(KubeconfigEntry cluster) => Data(cluster, "cluster", "certificate-authority");

    private static Uri Server(KubeconfigEntry cluster)
    {
        string text = cluster.Fields?.Text("server") ?? throw KubeconfigError.ServerMissing(cluster.File, cluster.Name);
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? server) || server.Host.Length == 0)
            throw KubeconfigError.ServerInvalid(cluster.File, cluster.Name, $"is not an absolute URL: '{Excerpt.Of(text)}'");
        if (server.Scheme != Uri.UriSchemeHttps && server.Scheme != Uri.UriSchemeHttp)
            throw KubeconfigError.ServerInvalid(cluster.File, cluster.Name, $"has the scheme '{server.Scheme}', which is neither https nor http");
        if (server.UserInfo.Length > 0)
            throw KubeconfigError.ServerInvalid(cluster.File, cluster.Name, "holds a user name; credentials belong into the kubeconfig's user");
        if (server.Query.Length > 0 || server.Fragment.Length > 0)
            throw KubeconfigError.ServerInvalid(cluster.File, cluster.Name, "has a query or a fragment");
        // Requests are relative to it, so a path prefix (Rancher has one) needs its slash.
        return server.AbsolutePath.EndsWith('/') ? server : new Uri(server.AbsoluteUri + "/");
    }

    private static WebProxy? Proxy(KubeconfigEntry cluster)
    {
        if (cluster.Fields!.Text("proxy-url") is not { } text)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? proxy) || proxy.Host.Length == 0)
            throw KubeconfigError.ProxyInvalid(cluster.File, cluster.Name, "is not an absolute URL");
        if (proxy.Scheme is not ("http" or "https" or "socks5"))
            throw KubeconfigError.ProxyInvalid(cluster.File, cluster.Name, $"has the scheme '{proxy.Scheme}', which is none of http, https, socks5");
        var web = new WebProxy(new UriBuilder(proxy) { UserName = "", Password = "" }.Uri);
        string[] login = proxy.UserInfo.Split(':', 2);
        if (login[0].Length > 0)
            web.Credentials = new NetworkCredential(Uri.UnescapeDataString(login[0]), login.Length > 1 ? Uri.UnescapeDataString(login[1]) : "");
        return web;
    }

    private static ClientCertificate? UserCertificate(KubeconfigEntry user)
    {
        byte[]? certificate = Data(user, "user", "client-certificate");
        byte[]? key = Data(user, "user", "client-key");
        if (certificate is null && key is null)
            return null;
        return ClientCertificate.Load(
            certificate is null ? null : Encoding.UTF8.GetString(certificate),
            key is null ? null : Encoding.UTF8.GetString(key),
            $"user '{user.Name}' in '{user.File}'",
            DateTimeOffset.UtcNow);
    }

    private static Impersonation? UserImpersonation(KubeconfigEntry user) => user.Fields?.Text("as") is { } name
        ? new Impersonation(name, user.Fields.Text("as-uid"), user.Fields.Texts("as-groups"), user.Fields.Pairs("as-user-extra"))
        : null;

    private static string[] Warnings(Uri server, bool insecure, KubeconfigEntry? user)
    {
        var warnings = new List<string>();
        if (insecure)
        {
            warnings.Add(
                $"The kubeconfig switches off the verification of {server.Name()}'s certificate (insecure-skip-tls-verify): "
                + "whoever sits between can read and change everything, credentials included.");
        }
        bool secret = user?.Fields is { } fields && (fields.Has("token") || fields.Has("tokenFile") || fields.Has("password") || fields.Has("exec"));
        if (server.Scheme == Uri.UriSchemeHttp && secret && !server.IsLoopback)
            warnings.Add($"The credentials of user '{user!.Name}' go to {server.Name()} in the clear: the address is http.");
        return [.. warnings];
    }
}
