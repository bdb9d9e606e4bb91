using System.Buffers;
using System.Text.Json;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>Walks a PodList in JSON, item by item, without ever having more of it as objects than the draft.</summary>
internal sealed class JsonPodList : IPodListReader
{
    private readonly ReadOnlySequence<byte> _body;
    private readonly PodDraft _draft;
    private ReadOnlySequence<byte> _rest;
    private JsonReaderState _state;
    private bool _isInItems;

    public JsonPodList(ReadOnlySequence<byte> body, PodDraft draft)
    {
        _body = body;
        _draft = draft;
    }

    public ReadOnlySequence<byte> CurrentJson { get; private set; }

    public (string? Continue, string? ResourceVersion) ReadMetadata()
    {
        string? token = null, version = null;
        bool isList = false;
        var json = new Utf8JsonReader(_body);
        json.Read();
        json.ExpectObject();
        while (json.NextProperty())
        {
            if (json.ValueTextEquals("kind"u8))
            {
                if (json.NextString() is not "PodList" and var kind)
                    throw new InvalidDataException($"it holds a {kind}");
            }
            else if (json.ValueTextEquals("metadata"u8))
            {
                isList = true;
                // First in what servers write, so that the items need not be looked at yet.
                if (json.Enter())
                {
                    (token, version) = Metadata(ref json);
                    break;
                }
            }
            else
            {
                isList |= json.ValueTextEquals("items"u8);
                json.Skip();
            }
        }
        return isList ? (token, version) : throw new InvalidDataException("it is no list");
    }

    public bool ReadItem()
    {
        Utf8JsonReader json = _isInItems ? new Utf8JsonReader(_rest, isFinalBlock: true, _state) : Enter();
        if (!_isInItems || !json.Read() || json.TokenType == JsonTokenType.EndArray)
            return false;
        long start = json.TokenStartIndex;
        json.ExpectObject();
        JsonPod.Read(ref json, _draft);
        CurrentJson = _rest.Slice(start, json.BytesConsumed - start);
        Keep(ref json);
        return true;
    }

    public void Dispose()
    {
    }

    private static (string? Continue, string? ResourceVersion) Metadata(ref Utf8JsonReader json)
    {
        string? token = null, version = null;
        while (json.NextProperty())
        {
            if (json.ValueTextEquals("continue"u8))
                token = json.NextString();
            else if (json.ValueTextEquals("resourceVersion"u8))
                version = json.NextString();
            else
                json.Skip();
        }
        return (token, version);
    }

    /// <summary>A reader at the start of the array of items.</summary>
    private Utf8JsonReader Enter()
    {
        _rest = _body;
        var json = new Utf8JsonReader(_body);
        json.Read();
        json.ExpectObject();
        while (json.NextProperty())
        {
            if (json.ValueTextEquals("items"u8) && json.EnterArray())
            {
                _isInItems = true;
                Keep(ref json);
                return new Utf8JsonReader(_rest, isFinalBlock: true, _state);
            }
            json.Skip();
        }
        return json;
    }

    private void Keep(ref Utf8JsonReader json)
    {
        _rest = _rest.Slice(json.Position);
        _state = json.CurrentState;
    }
}
