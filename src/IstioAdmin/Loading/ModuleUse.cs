namespace IstioAdmin.Loading;

/// <summary>How many sessions of this process have the module, and what is to be done when none has it any more, or the process ends.</summary>
/// <remarks>A runspace that is closed without removing the module is not told of; then only the process's end counts.</remarks>
internal static class ModuleUse
{
    // Import-Module -Force removes the module and imports it again in one go.
    private static readonly TimeSpan ImportsAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MostAtExit = TimeSpan.FromSeconds(3);

    private static readonly object Gate = new();
    private static int _sessions;
    private static int _imports;
    private static Func<Task>? _atEnd;

    /// <summary>Does something when nobody has the module any more, and when the process ends. A second piece of work takes the place of the first.</summary>
    public static void AtEnd(Func<Task> work)
    {
        lock (Gate)
        {
            if (_atEnd is null)
                AppDomain.CurrentDomain.ProcessExit += (_, _) => Task.Run(FinishAsync).Wait(MostAtExit);
            _atEnd = work;
        }
    }

    public static void Begin()
    {
        lock (Gate)
        {
            _sessions++;
            _imports++;
        }
    }

    public static void End()
    {
        lock (Gate)
        {
            if (--_sessions <= 0 && _atEnd is not null)
                _ = FinishUnlessImportedAsync(_imports);
        }
    }

    private static async Task FinishUnlessImportedAsync(int imports)
    {
        await Task.Delay(ImportsAgain).ConfigureAwait(false);
        lock (Gate)
        {
            if (_imports != imports)
                return;
        }
        await FinishAsync().ConfigureAwait(false);
    }

    private static Task FinishAsync()
    {
        Func<Task>? work;
        lock (Gate)
            work = _atEnd;
        return work?.Invoke() ?? Task.CompletedTask;
    }
}
