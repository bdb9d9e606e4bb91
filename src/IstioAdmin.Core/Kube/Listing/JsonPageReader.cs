using System.Buffers;
using System.Text.Json;

namespace IstioAdmin.Core.Kube.Listing;

/// <summary>Reads lists of any resource in JSON, one item at a time.</summary>
/// <typeparam name="T">What one element becomes.</typeparam>
public class JsonPageReader<T> : IPageReader<T>
{
    private readonly Func<ReadOnlySequence<byte>, JsonListItem, T> _read;
    private readonly Func<T, ObjectKey> _key;

    /// <summary>Creates a reader.</summary>
    /// <param name="read">Turns one item's JSON into an element; the bytes are valid during the call only.</param>
    /// <param name="key">Tells an element's namespace and name.</param>
    public JsonPageReader(Func<ReadOnlySequence<byte>, JsonListItem, T> read, Func<T, ObjectKey> key)
    {
        _read = read;
        _key = key;
    }

    /// <inheritdoc/>
    public string Accept => "application/json";

    /// <inheritdoc/>
    public ListPage<T> Read(ReadOnlySequence<byte> body, string mediaType)
    {
        JsonList list = JsonList.Scan(body);
        var item = new JsonListItem(list.ApiVersion, list.Kind[..^"List".Length]);
        return new ListPage<T>(list.Continue, list.ResourceVersion, list.Items.Select(json => ReadItem(json, item)));
    }

    /// <inheritdoc/>
    public ObjectKey Key(T item) => _key(item);

    private T ReadItem(ReadOnlySequence<byte> json, JsonListItem item)
    {
        try
        {
            return _read(json, item);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw JsonList.Invalid($"an item of the list is not a valid {item.Kind}", e);
        }
    }
}
