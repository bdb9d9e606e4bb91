using System.Buffers;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>Walks a list of pods in one wire format. Throws whatever its parser throws when the bytes are damaged.</summary>
internal interface IPodListReader : IDisposable
{
    /// <summary>Reads the list's own metadata.</summary>
    (string? Continue, string? ResourceVersion) ReadMetadata();

    /// <summary>Reads the next item into the draft; false after the last one.</summary>
    bool ReadItem();

    /// <summary>The bytes of the item that was read last; only where the format is JSON.</summary>
    ReadOnlySequence<byte> CurrentJson { get; }
}
