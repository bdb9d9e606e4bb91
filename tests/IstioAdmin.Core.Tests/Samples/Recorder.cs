using System.Collections.Concurrent;

namespace IstioAdmin.Core.Tests.Samples;

/// <summary>Keeps what an operation said.</summary>
public sealed class Recorder : IReporter
{
    public ConcurrentQueue<string> Warnings { get; } = new();

    public ConcurrentQueue<string> Details { get; } = new();

    public ConcurrentQueue<string> Statuses { get; } = new();

    public void Warn(string message) => Warnings.Enqueue(message);

    public void Detail(string message) => Details.Enqueue(message);

    public void Progress(string activity, string status, int? percent = null) => Statuses.Enqueue(status);
}
