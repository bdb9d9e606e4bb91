using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Kube.Connecting.Credentials;

/// <summary>A program that logs a kubeconfig user in (<c>aws eks get-token</c>, <c>gke-gcloud-auth-plugin</c>, <c>kubelogin</c> and the like).</summary>
/// <remarks>Source: Kubernetes documentation, "client-go credential plugins"; client-go <c>plugin/pkg/client/auth/exec/exec.go</c>.</remarks>
internal sealed class ExecPlugin
{
    private const int MaxOutput = 1024 * 1024;
    private const int KeptErrorLines = 20;

    private static readonly string[] SupportedVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

    private readonly KubeconfigEntry _user;
    private readonly string _command;
    private readonly IReadOnlyList<string> _arguments;
    private readonly IReadOnlyList<(string Name, string Value)> _variables;
    private readonly string _apiVersion;
    private readonly string? _installHint;
    private readonly string _execInfo;

    private ExecPlugin(KubeconfigEntry user, KubeconfigMap exec, string command, string apiVersion, JsonObject? cluster)
    {
        _user = user;
        _command = command;
        _apiVersion = apiVersion;
        _arguments = exec.Texts("args");
        _variables = [.. exec.Maps("env").Select(variable => (variable.Required("name"), variable.Text("value") ?? ""))];
        _installHint = exec.Text("installHint");
        _execInfo = ExecInfo.Create(apiVersion, cluster);
    }

    /// <summary>Longest time a plugin may take; one that opens a browser needs minutes.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Receives the lines of its standard error.</summary>
    public Action<string>? Notice { get; set; }

    public static ExecPlugin Create(KubeconfigEntry user, KubeconfigMap exec, KubeconfigEntry cluster, byte[]? authority)
    {
        string command = exec.Required("command");
        string apiVersion = exec.Required("apiVersion");
        if (!SupportedVersions.Contains(apiVersion))
        {
            throw new MeshException(
                "ExecPluginVersionNotSupported", FailureKind.NotSupported,
                $"User '{user.Name}' in '{user.File}' runs '{command}' with apiVersion '{apiVersion}'; "
                + $"supported are {string.Join(" and ", SupportedVersions)}.",
                "Update the plugin and fetch the kubeconfig again.", user.Name);
        }
        if (exec.Text("interactiveMode") == "Always")
        {
            throw new MeshException(
                "ExecPluginNeedsTerminal", FailureKind.NotSupported,
                $"User '{user.Name}' in '{user.File}' logs in with '{command}', which wants to ask on a terminal (interactiveMode: Always).",
                "Log in with that program first and set interactiveMode to IfAvailable, or use another user.", user.Name);
        }
        // Like client-go: a command with a path is found relative to its kubeconfig, one without in PATH.
        bool hasPath = command.Contains('/', StringComparison.Ordinal) || command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal);
        JsonObject? info = exec.Flag("provideClusterInfo") ? ExecInfo.Cluster(cluster, authority) : null;
        return new ExecPlugin(user, exec, hasPath ? user.Resolve(command) : command, apiVersion, info);
    }

    /// <summary>Runs the program and reads its answer.</summary>
    public async Task<ExecAnswer> RunAsync(DateTimeOffset now, CancellationToken cancel)
    {
        using Process process = Start();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Timeout);
        try
        {
            process.StandardInput.Close();
            Task<string> output = ReadOutputAsync(process.StandardOutput, deadline.Token);
            Task<string> errors = ReadErrorsAsync(process.StandardError, deadline.Token);
            string text = await output.ConfigureAwait(false);
            string complaint = await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                throw Failure(
                    "ExecPluginFailed",
                    $"failed with exit code {process.ExitCode}{(complaint.Length > 0 ? $": {complaint}" : "")}",
                    "Run it by hand; often you only need to log in again.");
            }
            return ExecAnswer.Parse(text, _apiVersion, $"user '{_user.Name}' (from '{_command}')", now);
        }
        catch (FormatException e)
        {
            throw Failure(
                "ExecPluginAnswerInvalid",
                $"did not answer as it should: {e.Message}",
                "Run it by hand and look at what it prints; check its version and the apiVersion in the kubeconfig.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Failure(
                "ExecPluginTimedOut",
                $"did not finish within {Timeout.TotalSeconds:0} seconds",
                "Run it by hand; perhaps it waits for a login.",
                FailureKind.Timeout);
        }
        finally
        {
            Kill(process);
        }
    }

    private Process Start()
    {
        string path = ExecutableSearch.Find(_command) ?? throw NotFound();
        var start = new ProcessStartInfo(path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (string argument in _arguments)
        {
            start.ArgumentList.Add(argument);
        }
        foreach ((string name, string value) in _variables)
        {
            start.Environment[name] = value;
        }
        start.Environment["KUBERNETES_EXEC_INFO"] = _execInfo;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw Failure("ExecPluginFailed", $"could not be started: {e.Message}", "Check that it is a program for this machine and that you may run it.");
        }
    }

    private static async Task<string> ReadOutputAsync(StreamReader reader, CancellationToken cancel)
    {
        var text = new StringBuilder();
        char[] buffer = new char[4096];
        while (await reader.ReadAsync(buffer, cancel).ConfigureAwait(false) is var count and > 0)
        {
            text.Append(buffer, 0, count);
            if (text.Length > MaxOutput)
                throw new FormatException($"it printed more than {MaxOutput} characters");
        }
        return text.ToString();
    }

    private async Task<string> ReadErrorsAsync(StreamReader reader, CancellationToken cancel)
    {
        var lines = new Queue<string>();
        while (await reader.ReadLineAsync(cancel).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0)
                continue;
            line = Excerpt.WithoutSecrets(line);
            Notice?.Invoke(line);
            lines.Enqueue(line);
            if (lines.Count > KeptErrorLines)
                lines.Dequeue();
        }
        return Excerpt.Of(string.Join('\n', lines));
    }

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or NotSupportedException)
        {
            // It ended by itself in the meantime.
        }
    }

    private MeshException NotFound() => new(
        "ExecPluginNotFound", FailureKind.NotFound,
        $"User '{_user.Name}' in '{_user.File}' logs in with '{_command}', which is not installed"
        + $"{(_installHint is { } hint ? $". Its hint: {Excerpt.Of(hint)}" : ".")}",
        "Install the program and see that it is in PATH.", _user.Name);

    private MeshException Failure(string id, string what, string remedy, FailureKind kind = FailureKind.Unauthenticated) => new(
        id, kind, $"The program '{_command}' that logs in user '{_user.Name}' {what}.", remedy, _user.Name);
}
