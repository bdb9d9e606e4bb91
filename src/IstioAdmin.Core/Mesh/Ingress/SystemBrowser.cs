using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>The browser that the system opens pages with: xdg-open on Linux, open on macOS, the shell on Windows.</summary>
internal sealed class SystemBrowser : IBrowser
{
    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    public bool IsWindows { get; init; } = OperatingSystem.IsWindows();

    public bool IsMacOS { get; init; } = OperatingSystem.IsMacOS();

    /// <summary>How long its complaint is waited for. A desktop that cannot open pages says so at once; a browser in the foreground may run as long as it likes.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public string? Obstacle
    {
        get
        {
            if (Variable("CI") is { Length: > 0 } ci && !ci.Equals("false", StringComparison.OrdinalIgnoreCase) && ci != "0")
                return "this is a run of continuous integration (CI is set)";
            bool remote = Variable("SSH_CONNECTION") is { Length: > 0 };
            if (IsWindows || IsMacOS)
                return remote ? "this session came over ssh" : IsWindows && !Environment.UserInteractive ? "nobody sits at this session" : null;
            if (Variable("DISPLAY") is not { Length: > 0 } && Variable("WAYLAND_DISPLAY") is not { Length: > 0 })
                return remote ? "this session came over ssh and has no display" : "this session has no display";
            return Find("xdg-open") is null ? "there is no xdg-open" : null;
        }
    }

    /// <inheritdoc/>
    public async Task<string?> OpenAsync(Uri url, CancellationToken cancel)
    {
        try
        {
            using Process? process = Process.Start(Start(url.AbsoluteUri));
            if (process is null)
                return null;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(Patience);
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            return process.ExitCode == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"the browser's starter ended with exit code {process.ExitCode}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return e.Message;
        }
    }

    private ProcessStartInfo Start(string url)
    {
        if (IsWindows)
            return new ProcessStartInfo(url) { UseShellExecute = true };
        if (IsMacOS)
            return new ProcessStartInfo("/usr/bin/open") { ArgumentList = { url } };
        // What browsers print has no place at a prompt.
        return new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", "exec \"$0\" \"$1\" >/dev/null 2>&1 </dev/null", Find("xdg-open") ?? "xdg-open", url } };
    }

    private string? Find(string program) => (Variable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
