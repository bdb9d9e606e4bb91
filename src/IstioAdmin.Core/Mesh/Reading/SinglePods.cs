using System.Text.Json;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>Reads pods one by one, as they come. Pods of one workload share what they have in common. Safe to use from several threads.</summary>
/// <param name="cluster">Name of their cluster.</param>
/// <param name="installations">What Istio installations contribute.</param>
internal sealed class SinglePods(string cluster, IReadOnlyList<IstioInstallation> installations)
{
    private readonly object _gate = new();
    private readonly PodAssembler _assembler = new(cluster, null, installations);
    private readonly PodDraft _draft = new(new PodSelection());

    /// <summary>Reads a pod.</summary>
    /// <param name="json">The object, in JSON.</param>
    /// <exception cref="InvalidDataException">It is no pod.</exception>
    public MeshPod Read(ReadOnlySpan<byte> json)
    {
        lock (_gate)
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            reader.ExpectObject();
            _draft.Clear();
            JsonPod.Read(ref reader, _draft);
            return _assembler.Assemble(_draft);
        }
    }
}
