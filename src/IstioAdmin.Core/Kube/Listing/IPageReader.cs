using System.Buffers;

namespace IstioAdmin.Core.Kube.Listing;

/// <summary>Turns the bytes of one page of a LIST response into objects. One implementation per element type and its wire formats.</summary>
/// <typeparam name="T">What one element becomes.</typeparam>
public interface IPageReader<T>
{
    /// <summary>The Accept header: media types in order of preference.</summary>
    string Accept { get; }

    /// <summary>
    /// Reads the list's metadata at once and hands out the items as they are enumerated, straight from <paramref name="body"/>,
    /// so that the next page can be asked for before this one's items are read.
    /// </summary>
    /// <param name="body">The whole response body; valid until the items have been enumerated.</param>
    /// <param name="mediaType">The response's media type, without parameters.</param>
    /// <exception cref="MeshException">The bytes are not a list in that format (<see cref="FailureKind.InvalidResponse"/>).</exception>
    ListPage<T> Read(ReadOnlySequence<byte> body, string mediaType);

    /// <summary>Where an element stands in the list, so that a listing that has to start anew does not hand anything out twice.</summary>
    ObjectKey Key(T item);
}
