namespace IstioAdmin.Core.Tests.Kube.World;

/// <summary>Remembers what it was told.</summary>
internal sealed class RecordingReporter : IReporter
{
    private readonly Lock _gate = new();
    private readonly List<string> _warnings = [];
    private readonly List<string> _details = [];

    public IReadOnlyList<string> Warnings => Copy(_warnings);

    public IReadOnlyList<string> Details => Copy(_details);

    public void Warn(string message) => Add(_warnings, message);

    public void Detail(string message) => Add(_details, message);

    public void Progress(string activity, string status, int? percent = null)
    {
    }

    private string[] Copy(List<string> list)
    {
        lock (_gate)
        {
            return [.. list];
        }
    }

    private void Add(List<string> list, string message)
    {
        lock (_gate)
        {
            list.Add(message);
        }
    }
}
