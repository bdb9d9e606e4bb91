using System.Buffers;
using System.IO.Pipelines;

namespace IstioAdmin.Core.Kube.Streams;

/// <summary>Splits a stream into lines, each handed out as it lies in the buffers.</summary>
internal sealed class LineReader : IAsyncDisposable
{
    private readonly PipeReader _pipe;
    private readonly int _longest;
    private ReadOnlySequence<byte> _unread;
    private long _searched;
    private bool _reading, _ended;

    /// <summary>Starts to read.</summary>
    /// <param name="stream">The stream; disposed with the reader.</param>
    /// <param name="longest">Bytes that one line may have: a guard against a peer that never ends its line.</param>
    public LineReader(Stream stream, int longest)
    {
        _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, minimumReadSize: 8 * 1024));
        _longest = longest;
    }

    /// <summary>Reads the next line.</summary>
    /// <returns>The line, valid until the next call; null at the end.</returns>
    /// <exception cref="IOException">The stream broke off.</exception>
    /// <exception cref="InvalidDataException">A line is longer than allowed.</exception>
    public async ValueTask<Line?> ReadAsync(CancellationToken cancel)
    {
        while (true)
        {
            if (_unread.Slice(_searched).PositionOf((byte)'\n') is { } end)
            {
                var line = new Line(_unread.Slice(0, end), Terminated: true);
                _unread = _unread.Slice(_unread.GetPosition(1, end));
                _searched = 0;
                return Guard(line);
            }
            if (_ended)
            {
                var rest = new Line(_unread, Terminated: false);
                _unread = default;
                _searched = 0;
                return rest.Bytes.IsEmpty ? null : Guard(rest);
            }
            // What has been looked at once is not looked at again, however long the line becomes.
            _searched = _unread.Length;
            if (_searched > _longest)
                throw TooLong();
            if (_reading)
                _pipe.AdvanceTo(_unread.Start, _unread.End);
            ReadResult result = await _pipe.ReadAsync(cancel).ConfigureAwait(false);
            (_unread, _ended, _reading) = (result.Buffer, result.IsCompleted, true);
        }
    }

    public async ValueTask DisposeAsync() => await _pipe.CompleteAsync().ConfigureAwait(false);

    private Line Guard(Line line) => line.Bytes.Length <= _longest ? line : throw TooLong();

    private InvalidDataException TooLong() => new($"a line is longer than {_longest / (1024 * 1024)} MB");

    /// <summary>One line.</summary>
    /// <param name="Bytes">Its bytes without the line feed.</param>
    /// <param name="Terminated">Whether a line feed ended it; false for what is left when the stream ends.</param>
    public readonly record struct Line(ReadOnlySequence<byte> Bytes, bool Terminated);
}
