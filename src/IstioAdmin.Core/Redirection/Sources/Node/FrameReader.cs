using System.Text;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>
/// Takes apart what <see cref="NodeScript"/> writes. A frame begins with a line feed, the session's secret word, a blank and a headline; its body
/// goes up to the next frame. Only one frame is held at a time.
/// </summary>
internal sealed class FrameReader
{
    /// <summary>Bytes that a body may have; what is more is dropped and said to be. Rules of a pod are some kilobytes.</summary>
    public const int LongestBody = 32 * 1024 * 1024;

    private readonly byte[] _marker;
    private readonly int _longest;
    private byte[] _held = new byte[64 * 1024];
    private int _length, _searched;
    private bool _started, _cut;

    /// <summary>Starts to read.</summary>
    /// <param name="word">The session's secret word.</param>
    /// <param name="longest">Bytes that a body may have.</param>
    public FrameReader(string word, int longest = LongestBody)
    {
        _marker = Encoding.ASCII.GetBytes($"\n{word} ");
        _longest = longest;
    }

    /// <summary>Adds bytes and hands out the frames that end in them. What comes before the first frame is nobody's.</summary>
    public IReadOnlyList<Frame> Append(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _held.Length)
            Array.Resize(ref _held, Math.Max(2 * _held.Length, _length + bytes.Length));
        bytes.CopyTo(_held.AsSpan(_length));
        _length += bytes.Length;
        var frames = new List<Frame>();
        int start = 0;
        while (true)
        {
            ReadOnlySpan<byte> held = _held.AsSpan(0, _length);
            int at = held[_searched..].IndexOf(_marker);
            if (at < 0)
                break;
            at += _searched;
            if (_started)
                frames.Add(Frame(held[start..at]));
            start = _searched = at + _marker.Length;
            (_started, _cut) = (true, false);
        }
        Keep(start);
        return frames;
    }

    private Frame Frame(ReadOnlySpan<byte> frame)
    {
        int end = frame.IndexOf((byte)'\n');
        ReadOnlySpan<byte> headline = end < 0 ? frame : frame[..end];
        return new Frame(
            Encoding.UTF8.GetString(headline).Split(' '),
            end < 0 ? "" : Encoding.UTF8.GetString(frame[(end + 1)..]),
            _cut);
    }

    /// <summary>Drops what has been handed out, and what is more than a body may have, but never the beginning of a marker.</summary>
    private void Keep(int start)
    {
        int length = _length - start;
        int overlap = Math.Min(length, _marker.Length - 1);
        if (length > _longest + _marker.Length)
        {
            int kept = _started ? _longest : 0;
            _held.AsSpan(start, kept).CopyTo(_held);
            _held.AsSpan(start + length - overlap, overlap).CopyTo(_held.AsSpan(kept));
            (length, _cut) = (kept + overlap, true);
        }
        else if (start > 0)
        {
            _held.AsSpan(start, length).CopyTo(_held);
        }
        _length = length;
        _searched = length - overlap;
    }
}

/// <summary>A part of what the script wrote.</summary>
/// <param name="Headline">The words of its first line.</param>
/// <param name="Body">What follows, up to the next frame's line feed.</param>
/// <param name="Cut">Whether the body was too long and its end is missing.</param>
internal sealed record Frame(IReadOnlyList<string> Headline, string Body, bool Cut)
{
    /// <summary>What kind of frame it is.</summary>
    public string Kind => Headline[0];

    /// <summary>A word of the headline; empty when there are fewer.</summary>
    public string Word(int index) => index < Headline.Count ? Headline[index] : "";
}
