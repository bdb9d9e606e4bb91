using System.Buffers;
using System.Text.Json;
using Google.Protobuf;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>
/// Reads pages of pods, in protobuf where the server speaks it (half the bytes of JSON and a fraction of the server's work), else in JSON.
/// Keeps only what a <see cref="MeshPod"/> needs. An instance serves one listing, page after page.
/// </summary>
internal sealed class PodPageReader : IPageReader<MeshPod>
{
    private const string Protobuf = "application/vnd.kubernetes.protobuf";
    private const string Json = "application/json";

    private readonly PodSelection _selection;
    private readonly PodAssembler _assembler;

    public PodPageReader(MeshCluster cluster, PodSelection selection)
    {
        _selection = selection;
        _assembler = new(cluster);
    }

    // Complete objects exist as JSON only: the typed client has no protobuf.
    public string Accept => _selection.Full ? Json : $"{Protobuf}, {Json};q=0.9";

    public ListPage<MeshPod> Read(ReadOnlySequence<byte> body, string mediaType)
    {
        var draft = new PodDraft(_selection);
        IPodListReader list = mediaType switch
        {
            Protobuf => new ProtobufPodList(body, draft),
            Json => new JsonPodList(body, draft),
            _ => throw Damaged($"the media type is {mediaType}", null),
        };
        (string? token, string? version) = Guard(list.ReadMetadata);
        return new(string.IsNullOrEmpty(token) ? null : token, version, Items(list, draft));
    }

    public ObjectKey Key(MeshPod item) => new(item.Namespace, item.Name);

    private IEnumerable<MeshPod> Items(IPodListReader list, PodDraft draft)
    {
        using (list)
        {
            while (Guard(() => Next(list, draft)) is { } item)
            {
                if (item.Pod is { } pod)
                    yield return pod;
            }
        }
    }

    /// <summary>The next item, whose pod is null when the selection leaves it out; null after the last one.</summary>
    private Item? Next(IPodListReader list, PodDraft draft)
    {
        draft.Clear();
        if (!list.ReadItem())
            return null;
        if (draft.IsLeftOut)
            return new(null);
        V1Pod? full = null;
        if (_selection.Full)
        {
            using var bytes = new SequenceStream(list.CurrentJson);
            full = KubernetesJson.Deserialize<V1Pod>(bytes);
        }
        return new(_assembler.Assemble(draft, full));
    }

    private static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or JsonException or InvalidDataException or InvalidOperationException or FormatException)
        {
            throw Damaged(e.Message, e);
        }
    }

    // Whoever asked for the page adds the server and the request.
    private static MeshException Damaged(string why, Exception? cause) => new(
        "InvalidResponse",
        FailureKind.InvalidResponse,
        $"the answer is no list of pods: {why.TrimEnd('.')}",
        "Check that the address is a Kubernetes API server's and that no proxy in between answers for it.",
        inner: cause);

    private readonly record struct Item(MeshPod? Pod);
}
