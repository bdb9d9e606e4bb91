using System.Runtime.InteropServices;

namespace IstioAdmin.Core.Files;

/// <summary>Does something when the process ends before this is disposed: on its own account, by SIGTERM, or because its terminal was closed.</summary>
internal sealed class EndOfProcess : IDisposable
{
    private readonly Action _act;
    private readonly PosixSignalRegistration[] _signals;

    /// <param name="act">What to do. It may be called more than once.</param>
    public EndOfProcess(Action act)
    {
        _act = act;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        // SIGHUP never raises ProcessExit, SIGTERM not since .NET 10. Both still end the process afterwards.
        _signals = [PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => _act()), PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => _act())];
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
    }

    private void OnExit(object? sender, EventArgs e) => _act();
}
