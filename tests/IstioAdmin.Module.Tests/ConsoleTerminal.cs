using System.Diagnostics;
using System.Globalization;
using System.Text;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>The console at a terminal: <c>script</c> (util-linux) gives it one, the test types.</summary>
internal sealed class ConsoleTerminal : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _screen = new();
    private readonly Task _reading;
    private int _seen;

    public ConsoleTerminal(string home)
    {
        var start = new ProcessStartInfo("env") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])[
            "--default-signal=INT,HUP,TERM", $"HOME={home}", "TERM=xterm-256color", "NO_COLOR=", "script", "--quiet", "--flush", "--return",
            "--command", $"stty rows 30 cols 160; exec dotnet '{ConsoleRun.Executable()}' -NoLogo", "/dev/null"])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.StandardInput.AutoFlush = true;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Everything that came to the screen, as it came.</summary>
    public string Screen
    {
        get
        {
            lock (_screen)
                return _screen.ToString();
        }
    }

    /// <summary>Types.</summary>
    public void Type(string keys) => _process.StandardInput.Write(keys);

    /// <summary>Waits until something comes to the screen, after what was waited for before.</summary>
    public Task SeeAsync(string text) => Eventually.BecomesTrueAsync(() =>
    {
        int found = Screen.IndexOf(text, _seen, StringComparison.Ordinal);
        if (found >= 0)
            _seen = found + text.Length;
        return found >= 0;
    }, string.Create(CultureInfo.InvariantCulture, $"'{text}' on the screen after position {_seen}"), TimeSpan.FromSeconds(60));

    /// <summary>Waits until the console has ended, and returns its exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _reading;
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        TestContext.Current.TestOutputHelper?.WriteLine(Screen);
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        char[] buffer = new char[4096];
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_screen)
                _screen.Append(buffer, 0, count);
        }
    }
}
