namespace IstioAdmin.Core.Pke;

/// <summary>Processors and memory, in Kubernetes' quantities (<c>380m</c>, <c>4Gi</c>). What Pipeline does not tell is null.</summary>
/// <param name="CpuCapacity">Processors that there are.</param>
/// <param name="CpuAllocatable">Processors that pods may have.</param>
/// <param name="CpuRequest">Processors that pods have asked for.</param>
/// <param name="MemoryCapacity">Memory that there is.</param>
/// <param name="MemoryAllocatable">Memory that pods may have.</param>
/// <param name="MemoryRequest">Memory that pods have asked for.</param>
public sealed record PkeResources(
    string? CpuCapacity, string? CpuAllocatable, string? CpuRequest, string? MemoryCapacity, string? MemoryAllocatable, string? MemoryRequest)
{
    /// <summary>Requested of what there is.</summary>
    public override string ToString() => $"cpu {CpuRequest ?? "?"}/{CpuAllocatable ?? CpuCapacity ?? "?"}, memory {MemoryRequest ?? "?"}/{MemoryAllocatable ?? MemoryCapacity ?? "?"}";
}
