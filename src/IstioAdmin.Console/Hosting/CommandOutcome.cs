namespace IstioAdmin.Console.Hosting;

/// <summary>How a command went. Only a script can see <c>$?</c>, so the script that runs the command says it.</summary>
public sealed class CommandOutcome
{
    /// <summary>PowerShell's <c>$?</c> after the command.</summary>
    public bool Succeeded { get; private set; } = true;

    /// <summary>PowerShell's <c>$LASTEXITCODE</c> after the command: what a script file gave to <c>exit</c>.</summary>
    public int? LastExitCode { get; private set; }

    /// <summary>What to append to a command so that it reports.</summary>
    internal static string Report => $"{Environment.NewLine}$Host.PrivateData.{nameof(Set)}($?, $LASTEXITCODE)";

    /// <summary>Called by the script.</summary>
    public void Set(bool succeeded, int? lastExitCode) => (Succeeded, LastExitCode) = (succeeded, lastExitCode);

    internal void Reset() => Set(succeeded: true, lastExitCode: null);
}
