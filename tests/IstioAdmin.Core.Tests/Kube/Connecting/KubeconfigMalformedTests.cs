using IstioAdmin.Core.Tests.Kube.World;

namespace IstioAdmin.Core.Tests.Kube.Connecting;

/// <summary>Everything that can be wrong with a kubeconfig is said in a way that helps to put it right.</summary>
public sealed class KubeconfigMalformedTests
{
    private const string Cluster = "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]";
    private const string Context = "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x";

    public static TheoryData<string, string, string, string> Files => new()
    {
        { "an empty file", "", "KubeconfigEmpty", "is empty" },
        { "comments only", "# nothing\n\n# here\n", "KubeconfigEmpty", "is empty" },
        { "a document marker only", "---\n", "KubeconfigEmpty", "is empty" },
        { "a tab as indentation", "clusters:\n\t- name: c\n", "KubeconfigYamlInvalid", "line 2, column 1: " },
        { "an open quote", "apiVersion: v1\ncurrent-context: \"x\n", "KubeconfigYamlInvalid", "line " },
        { "an open bracket", "clusters: [{name: c\n", "KubeconfigYamlInvalid", "line " },
        { "a duplicate key", "clusters: []\nclusters: []\n", "KubeconfigYamlInvalid", "line 2" },
        { "an unknown alias", "clusters: *nothing\n", "KubeconfigYamlInvalid", "line 1" },
        { "binary", "\0\u0001\u0002PK\u0003", "KubeconfigNotKubeconfig", "not a mapping" },
        { "nested without end", new string('[', 100_000), "KubeconfigYamlInvalid", "nested deeper" },
        { "nested mappings without end", string.Concat(Enumerable.Repeat("{a: ", 20_000)), "KubeconfigYamlInvalid", "nested deeper" },
        { "a list", "- one\n- two\n", "KubeconfigNotKubeconfig", "not a mapping" },
        { "plain text", "please log in first", "KubeconfigNotKubeconfig", "not a mapping" },
        { "an HTML page", "<!DOCTYPE html><html><body>Login</body></html>", "KubeconfigNotKubeconfig", "not a mapping" },
        { "another kind", "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n", "KubeconfigNotKubeconfig", "kind is 'Pod'" },
        { "another version", "apiVersion: v2\nkind: Config\n", "KubeconfigNotKubeconfig", "apiVersion is 'v2'" },
        { "another file's keys", "services: {web: {image: nginx}}\n", "KubeconfigNotKubeconfig", "neither clusters nor users" },
        { "clusters as text", "clusters: many\n", "KubeconfigFieldInvalid", "'clusters' must be a list" },
        { "clusters of texts", "clusters: [a, b]\n", "KubeconfigFieldInvalid", "'clusters' must be a list of mappings" },
        { "an entry without name", "clusters:\n- cluster: {server: 'https://x'}\n", "KubeconfigFieldInvalid", "line 2: 'name' is missing" },
        { "a cluster as text", "clusters:\n- name: c\n  cluster: https://x\n", "KubeconfigFieldInvalid", "line 3: 'cluster' must be a mapping" },
        { "a current context as list", $"{Cluster}\ncurrent-context: [x]\n", "KubeconfigFieldInvalid", "'current-context' must be text" },
        { "no current context", $"{Cluster}\ncontexts: [{{name: one}}, {{name: two}}]\n", "KubeconfigNoCurrentContext", "It has: one, two." },
        { "no contexts at all", $"{Cluster}\n", "KubeconfigNoCurrentContext", "no contexts at all" },
        { "an empty current context", $"{Cluster}\ncontexts: [{{name: one}}]\ncurrent-context: ''\n", "KubeconfigNoCurrentContext", "It has: one." },
        { "an unknown current context", $"{Cluster}\ncontexts: [{{name: one}}]\ncurrent-context: tow\n", "KubeconfigContextNotFound", "no context 'tow'. It has: one." },
        { "a context without cluster", "contexts: [{name: x, context: {}}]\ncurrent-context: x\n", "KubeconfigClusterNotFound", "names no cluster" },
        { "an empty context", "contexts: [{name: x}]\ncurrent-context: x\n", "KubeconfigClusterNotFound", "names no cluster" },
        { "an unknown cluster", $"contexts: [{{name: x, context: {{cluster: gone}}}}]\ncurrent-context: x\n", "KubeconfigClusterNotFound", "cluster 'gone'" },
        { "an unknown user", $"{Cluster}\n{Context}\n", "KubeconfigUserNotFound", "user 'u'" },
        { "no server", $"clusters: [{{name: c, cluster: {{}}}}]\nusers: [{{name: u}}]\n{Context}\n", "KubeconfigServerMissing", "no 'server'" },
        { "no cluster body", $"clusters: [{{name: c}}]\nusers: [{{name: u}}]\n{Context}\n", "KubeconfigServerMissing", "no 'server'" },
        { "a server without scheme", Server("10.0.0.1:6443"), "KubeconfigServerInvalid", "not an absolute URL" },
        { "a server of another scheme", Server("ftp://10.0.0.1"), "KubeconfigServerInvalid", "scheme 'ftp'" },
        { "a server with a password", Server("https://root:hunter2@10.0.0.1"), "KubeconfigServerInvalid", "holds a user name" },
        { "a server with a query", Server("https://10.0.0.1/?a=b"), "KubeconfigServerInvalid", "query" },
        { "a switch that is none", Fields("insecure-skip-tls-verify: maybe"), "KubeconfigFieldInvalid", "must be true or false" },
        { "bad base64 in the CA", Fields("certificate-authority-data: '%%%'"), "KubeconfigBase64Invalid", "'certificate-authority-data' of cluster 'c'" },
        { "a CA that is no certificate", Fields("certificate-authority-data: aGVsbG8="), "KubeconfigCertificateInvalid", "holds no PEM certificate" },
        { "a missing CA file", Fields("certificate-authority: no/ca.crt"), "KubeconfigReferenceNotFound", "does not exist" },
        { "a proxy that is no URL", Fields("proxy-url: 'squid'"), "KubeconfigProxyInvalid", "not an absolute URL" },
        { "a proxy of another scheme", Fields("proxy-url: 'ftp://squid'"), "KubeconfigProxyInvalid", "scheme 'ftp'" },
        { "bad base64 in the certificate", User("client-certificate-data: '***', client-key-data: aGVsbG8="), "KubeconfigBase64Invalid", "'client-certificate-data' of user 'u'" },
        { "a certificate without key", User("client-certificate-data: aGVsbG8="), "ClientKeyMissing", "but no client key" },
        { "a key without certificate", User("client-key-data: aGVsbG8="), "ClientCertificateMissing", "but no client certificate" },
        { "a certificate that is none", User("client-certificate-data: aGVsbG8=, client-key-data: aGVsbG8="), "ClientCertificateInvalid", "not a PEM certificate" },
        { "a missing key file", User("client-certificate-data: aGVsbG8=, client-key: gone.key"), "KubeconfigReferenceNotFound", "'client-key' of user 'u'" },
        { "an auth provider of old", User("auth-provider: {name: gcp}"), "AuthProviderNotSupported", "'gcp'" },
        { "a plugin without command", User("exec: {apiVersion: client.authentication.k8s.io/v1}"), "KubeconfigFieldInvalid", "'command' is missing" },
        { "a plugin of a dead version", User("exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}"), "ExecPluginVersionNotSupported", "v1alpha1" },
        { "a plugin that must ask", User("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}"), "ExecPluginNeedsTerminal", "interactiveMode" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Each_mistake_has_its_own_error(string mistake, string content, string errorId, string phrase)
    {
        using var world = new KubeWorld();
        string path = world.Files.Write("config", content);

        MeshException failure = await world.FailToConnectAsync(path);

        Assert.True(errorId == failure.ErrorId, $"{mistake}: {failure.ErrorId}: {failure.Message}");
        Assert.True(failure.Message.Contains(phrase, StringComparison.Ordinal), $"{mistake}: {failure.Message}");
        Assert.False(string.IsNullOrWhiteSpace(failure.Remedy));
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_error_names_the_file()
    {
        using var world = new KubeWorld();
        string path = Path.Combine(world.Files.FullPath, "nowhere");

        MeshException failure = await world.FailToConnectAsync(path);

        Assert.Equal("KubeconfigNotFound", failure.ErrorId);
        Assert.Equal(FailureKind.NotFound, failure.Kind);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_is_not_a_kubeconfig()
    {
        using var world = new KubeWorld();

        MeshException failure = await world.FailToConnectAsync(world.Files.FullPath);

        Assert.Equal("KubeconfigUnreadable", failure.ErrorId);
        Assert.Contains("directory", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_beyond_all_measure_is_not_read_to_its_end()
    {
        using var world = new KubeWorld();
        string path = world.Files.Write("config", "");
        await using (FileStream file = File.OpenWrite(path))
        {
            file.SetLength(1L << 34);
        }

        MeshException failure = await world.FailToConnectAsync(path);

        Assert.Equal("KubeconfigNotKubeconfig", failure.ErrorId);
        Assert.Contains("16 MiB", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_known_contexts_are_not_all_listed()
    {
        using var world = new KubeWorld();
        string contexts = string.Join(", ", Enumerable.Range(1, 50).Select(i => $"{{name: ctx{i}}}"));
        string path = world.Files.Write("config", $"contexts: [{contexts}]\ncurrent-context: other\n");

        MeshException failure = await world.FailToConnectAsync(path);

        Assert.Contains("50 contexts, among them: ctx1, ctx2", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ctx50", failure.Message, StringComparison.Ordinal);
    }

    private static string Server(string server) => $"clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\nusers: [{{name: u}}]\n{Context}\n";

    private static string Fields(string fields) => $"clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1', {fields}}}}}]\nusers: [{{name: u}}]\n{Context}\n";

    private static string User(string fields) => $"{Cluster}\nusers: [{{name: u, user: {{{fields}}}}}]\n{Context}\n";
}
