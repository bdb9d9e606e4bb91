using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Reflection;

namespace IstioAdmin.Console.Hosting;

/// <summary>What PowerShell asks of the program it runs in.</summary>
internal sealed class ConsoleHost : PSHost
{
    private readonly ConsoleHostUI _ui = new();

    /// <summary>The exit code that a script asked for.</summary>
    public int? RequestedExit { get; private set; }

    /// <summary>How the last command went; it reports to <c>$Host.PrivateData</c>.</summary>
    public CommandOutcome Outcome { get; } = new();

    public override PSObject PrivateData => PSObject.AsPSObject(Outcome);

    public override string Name => "IstioAdmin.Console";

    public override Version Version { get; } = Assembly.GetExecutingAssembly().GetName().Version ?? new Version(0, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => _ui;

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public void EndProgress() => _ui.EndProgress();

    public override void SetShouldExit(int exitCode) => RequestedExit = exitCode;

    public override void EnterNestedPrompt() => throw new HostException("IstioAdmin.Console has no nested prompt; debug the script in pwsh.");

    public override void ExitNestedPrompt() => throw new HostException("IstioAdmin.Console has no nested prompt.");

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }
}
