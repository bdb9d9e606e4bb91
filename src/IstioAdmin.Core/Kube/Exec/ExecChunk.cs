namespace IstioAdmin.Core.Kube.Exec;

/// <summary>Some bytes that a command wrote.</summary>
/// <param name="Source">Where it wrote them.</param>
/// <param name="Bytes">The bytes; valid until the next chunk is asked for.</param>
public readonly record struct ExecChunk(ExecSource Source, ReadOnlyMemory<byte> Bytes);
