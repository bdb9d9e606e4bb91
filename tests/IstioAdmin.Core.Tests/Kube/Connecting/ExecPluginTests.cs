using System.Runtime.Versioning;
using System.Text.Json;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Kube.Connecting.Credentials;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Kube.Connecting;

/// <summary>Programs that log a user in. Each test writes one as a shell script.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ExecPluginTests : IDisposable
{
    private const string V1 = "client.authentication.k8s.io/v1";
    private const string V1Beta1 = "client.authentication.k8s.io/v1beta1";

    private readonly KubeWorld _world = new();

    [Theory]
    [InlineData(V1)]
    [InlineData(V1Beta1)]
    public async Task Its_token_is_used(string apiVersion)
    {
        var tokens = new List<string>();
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
        {
            lock (tokens)
            {
                tokens.Add(context.Request.Headers.Authorization.ToString());
            }
            return KubeWorld.AnswerBare(context);
        });
        Script($"echo run >> runs\n{Answer("\"token\":\"fresh\"", apiVersion)}");

        using KubeClient client = (await _world.ConnectAsync(Config(server, apiVersion))).Client;

        Assert.Equal(["Bearer fresh"], tokens.Distinct());
        Assert.Equal(1, Runs);
    }

    [Fact]
    public async Task It_gets_its_arguments_variables_and_no_terminal()
    {
        await using FakeApiServer server = await KubeWorld.StartBareAsync();
        Script($$"""printf '%s|' "$@" > args; printf '%s' "$REGION" > region; printf '%s' "$KUBERNETES_EXEC_INFO" > info; cat > stdin; {{Answer("\"token\":\"t\"", V1)}}""");

        using KubeClient client = (await _world.ConnectAsync(Config(server, V1, "args: ['get token', '--now', '$HOME'], env: [{name: REGION, value: 'eu west'}], interactiveMode: IfAvailable"))).Client;

        Assert.Equal("get token|--now|$HOME|", Read("args"));
        Assert.Equal("eu west", Read("region"));
        Assert.Equal("", Read("stdin"));
        using JsonDocument info = JsonDocument.Parse(Read("info"));
        Assert.Equal($$$"""{"apiVersion":"{{{V1}}}","kind":"ExecCredential","spec":{"interactive":false}}""", info.RootElement.GetRawText());
    }

    [Fact]
    public async Task It_is_told_about_the_cluster_when_it_asks_for_that()
    {
        await using FakeApiServer server = await KubeWorld.StartBareAsync();
        Script($$"""printf '%s' "$KUBERNETES_EXEC_INFO" > info; {{Answer("\"token\":\"t\"", V1)}}""");
        string cluster = "disable-compression: true, extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: shop, level: 3, strict: true}}]";

        using KubeClient client = (await _world.ConnectAsync(Config(server, V1, "provideClusterInfo: true, interactiveMode: Never", cluster))).Client;

        using JsonDocument info = JsonDocument.Parse(Read("info"));
        JsonElement told = info.RootElement.GetProperty("spec").GetProperty("cluster");
        Assert.Equal(server.Uri.ToString(), told.GetProperty("server").GetString());
        Assert.True(told.GetProperty("disable-compression").GetBoolean());
        Assert.Equal("""{"audience":"shop","level":3,"strict":true}""", told.GetProperty("config").GetRawText());
    }

    [Fact]
    public async Task Its_client_certificate_is_presented()
    {
        using var authority = new TestAuthority();
        ClientPem jane = authority.IssueClient("jane");
        string? subject = null;
        await using FakeApiServer server = await FakeApiServer.StartAsync(
            async context =>
            {
                subject = (await context.Connection.GetClientCertificateAsync())?.Subject;
                await KubeWorld.AnswerBare(context);
            },
            authority.IssueServer(),
            requireClientCertificate: true);
        _world.Files.Write("answer.json", JsonSerializer.Serialize(new
        {
            apiVersion = V1,
            kind = "ExecCredential",
            status = new { clientCertificateData = jane.Certificate, clientKeyData = jane.Key },
        }));
        Script("cat answer.json");

        using KubeClient client = (await _world.ConnectAsync(Config(server, V1, cluster: $"certificate-authority-data: {authority.PemBase64}"))).Client;

        Assert.Equal("CN=jane", subject);
    }

    [Fact]
    public async Task It_runs_again_when_its_token_has_expired()
    {
        Script($"echo run >> runs\n{Answer("\"token\":\"t\",\"expirationTimestamp\":\"2031-01-01T00:10:00Z\"", V1)}");
        var time = new SetTime(new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using ExecCredentials credentials = await CredentialsAsync(time);

        await credentials.GetAsync(KubeWorld.Cancel);
        time.Now += TimeSpan.FromMinutes(9);
        await credentials.GetAsync(KubeWorld.Cancel);
        Assert.Equal(1, Runs);
        time.Now += TimeSpan.FromMinutes(2);
        await credentials.GetAsync(KubeWorld.Cancel);

        Assert.Equal(2, Runs);
    }

    [Fact]
    public async Task Many_requests_at_once_run_it_once()
    {
        Script($"echo run >> runs; sleep 0.2\n{Answer("\"token\":\"t\"", V1)}");
        using ExecCredentials credentials = await CredentialsAsync(TimeProvider.System);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => credentials.GetAsync(KubeWorld.Cancel).AsTask())));

        Assert.Equal(1, Runs);
    }

    [Fact]
    public async Task It_runs_again_when_the_server_refuses_its_token()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
            context.Request.Headers.Authorization == "Bearer 2" ? KubeWorld.AnswerBare(context) : KubeWorld.Status(context, 401, "Unauthorized", "Unauthorized"));
        Script($$$"""echo run >> runs; printf '{"apiVersion":"{{{V1}}}","kind":"ExecCredential","status":{"token":"%s"}}' $(wc -l < runs)""");

        using KubeClient client = (await _world.ConnectAsync(Config(server, V1))).Client;

        Assert.Equal(2, Runs);
    }

    [Fact]
    public async Task A_token_that_is_refused_twice_is_an_error()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => KubeWorld.Status(context, 401, "Unauthorized", "Unauthorized"));
        Script($"echo run >> runs\n{Answer($"\"token\":\"{KubeWorld.Token}\"", V1)}");

        MeshException failure = await _world.FailToConnectAsync(Config(server, V1));

        Assert.Equal("Unauthenticated", failure.ErrorId);
        Assert.Equal(2, Runs);
    }

    [Fact]
    public async Task What_it_says_while_logging_in_is_passed_on()
    {
        await using FakeApiServer server = await KubeWorld.StartBareAsync();
        Script($"echo 'To sign in, open https://login.example and enter ABCD' >&2\n{Answer("\"token\":\"t\"", V1)}");

        using KubeClient client = (await _world.ConnectAsync(Config(server, V1))).Client;

        Assert.Equal(["To sign in, open https://login.example and enter ABCD"], _world.Reporter.Warnings);
    }

    [Fact]
    public async Task A_missing_program_is_told_with_its_install_hint()
    {
        string config = _world.Kubeconfig("https://127.0.0.1:1", user: $"exec: {{command: no-such-plugin, apiVersion: {V1}, installHint: 'get it from example.org'}}");

        MeshException failure = await _world.FailToConnectAsync(config);

        Assert.Equal(("ExecPluginNotFound", FailureKind.NotFound), (failure.ErrorId, failure.Kind));
        Assert.Contains("'no-such-plugin'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("get it from example.org", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_in_the_current_directory_is_not_run()
    {
        Script("touch ran");

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig("https://127.0.0.1:1", user: $"exec: {{command: plugin, apiVersion: {V1}}}"));

        Assert.Equal("ExecPluginNotFound", failure.ErrorId);
    }

    [Fact]
    public async Task A_file_that_is_no_program_is_told()
    {
        string path = _world.Files.Write("plugin", "\u0001\u0002\u0003");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.Equal("ExecPluginFailed", (await FailAsync()).ErrorId);
    }

    [Fact]
    public async Task A_failing_program_is_told_with_its_own_words_but_no_token()
    {
        Script($"echo 'session expired; Authorization: Bearer {KubeWorld.Token}' >&2; exit 3");

        MeshException failure = await FailAsync();

        Assert.Equal(("ExecPluginFailed", FailureKind.Unauthenticated), (failure.ErrorId, failure.Kind));
        Assert.Contains("exit code 3: session expired; Authorization: Bearer ***", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "printed nothing")]
    [InlineData("s3cr3t-t0ken-value", "not JSON")]
    [InlineData("[1]", "did not print an ExecCredential")]
    [InlineData("""{"kind":"Pod"}""", "did not print an ExecCredential")]
    [InlineData("""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"t"}}""", "answered in apiVersion")]
    [InlineData("""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}""", "has no status")]
    [InlineData("""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}""", "neither a token nor")]
    [InlineData("""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"s3cr3t-t0ken-value","expirationTimestamp":"soon"}}""", "is not a date")]
    public async Task Garbage_is_told_and_not_repeated(string output, string phrase)
    {
        _world.Files.Write("out", output);
        Script("cat out");

        MeshException failure = await FailAsync();

        Assert.Equal("ExecPluginAnswerInvalid", failure.ErrorId);
        Assert.Contains(phrase, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_is_not_swallowed_whole()
    {
        Script("exec yes s3cr3t-t0ken-value");

        Assert.Equal("ExecPluginAnswerInvalid", (await FailAsync()).ErrorId);
    }

    [Fact]
    public async Task A_program_that_does_not_end_is_stopped()
    {
        Script("echo $$ > pid; exec sleep 600");
        KubeconfigEntry user = await UserAsync();
        ExecPlugin plugin = ExecPlugin.Create(user, user.Fields!.Map("exec")!, user, null);
        plugin.Timeout = TimeSpan.FromSeconds(5);

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => plugin.RunAsync(DateTimeOffset.UtcNow, KubeWorld.Cancel));

        Assert.Equal(("ExecPluginTimedOut", FailureKind.Timeout), (failure.ErrorId, failure.Kind));
        await EndOf(int.Parse(Read("pid"), System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Cancelling_stops_it()
    {
        Script("echo $$ > pid; exec sleep 600");
        using ExecCredentials credentials = await CredentialsAsync(TimeProvider.System);
        using var cancel = new CancellationTokenSource();

        Task running = credentials.GetAsync(cancel.Token).AsTask();
        await Eventually.BecomesTrueAsync(() => File.Exists(Path.Combine(_world.Files.FullPath, "pid")) && Read("pid").EndsWith('\n'), "the plugin runs");
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        await EndOf(int.Parse(Read("pid"), System.Globalization.CultureInfo.InvariantCulture));
    }

    public void Dispose() => _world.Dispose();

    private int Runs => Read("runs").Count(c => c == '\n');

    private string Read(string name) => File.ReadAllText(Path.Combine(_world.Files.FullPath, name));

    private void Script(string body) => _world.Files.WriteScript("plugin", $"cd '{_world.Files.FullPath}'\n{body}");

    private static string Answer(string status, string apiVersion) =>
        $$$"""echo '{"apiVersion":"{{{apiVersion}}}","kind":"ExecCredential","status":{ {{{status}}} } }'""";

    private string Config(FakeApiServer server, string apiVersion, string exec = "", string cluster = "") =>
        _world.Kubeconfig(server.Uri, cluster, $"exec: {{command: ./plugin, apiVersion: {apiVersion}{(exec.Length > 0 ? ", " + exec : "")}}}");

    private Task<MeshException> FailAsync() => _world.FailToConnectAsync(_world.Kubeconfig("https://127.0.0.1:1", user: $"exec: {{command: ./plugin, apiVersion: {V1}}}"));

    private async Task<KubeconfigEntry> UserAsync()
    {
        string file = _world.Kubeconfig("https://127.0.0.1:1", user: $"exec: {{command: ./plugin, apiVersion: {V1}}}");
        return (await Kubeconfig.LoadAsync([file], KubeWorld.Cancel)).Users.Find("test-user")!;
    }

    private async Task<ExecCredentials> CredentialsAsync(TimeProvider time)
    {
        KubeconfigEntry user = await UserAsync();
        return new ExecCredentials(ExecPlugin.Create(user, user.Fields!.Map("exec")!, user, null), time);
    }

    private static async Task EndOf(int pid)
    {
        while (await IsRunningAsync(pid))
            await Task.Delay(20, KubeWorld.Cancel);
    }

    private static async Task<bool> IsRunningAsync(int pid)
    {
        try
        {
            return !(await File.ReadAllTextAsync($"/proc/{pid}/stat", KubeWorld.Cancel)).Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // Gone: before the file was opened, or while it was read.
            return false;
        }
    }

    private sealed class SetTime(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
