namespace IstioAdmin.Console;

/// <summary>What the process ends with when no script says otherwise.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>A terminating error, or a last command that failed.</summary>
    public const int Failure = 1;

    /// <summary>The arguments cannot be understood (sysexits' EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>Stopped with Ctrl+C, as shells report it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
