using System.Text;
using IstioAdmin.Core.Redirection.Sources.Node;

namespace IstioAdmin.Core.Tests.Redirection.Sources;

/// <summary>Output taken apart by a word that nobody can guess.</summary>
public sealed class FrameReaderTests
{
    private const string Word = "5ecre7";

    [Fact]
    public void What_programs_print_stays_in_its_frame_however_it_is_cut()
    {
        string[] garbage = ["", "\n", "\n\n", "plain", $"\n{Word}", "5ecre8 done 1 0 same", $"x\n{Word}x begin 2\n", "\n5ecre", "\0\u00ff\n ", new string('\n', 50), "\n5ecre8 begin 7\n", "# end\n"];
        var random = new Random(20260401);
        for (int round = 0; round < 2000; round++)
        {
            (string Headline, string Body)[] frames = [.. Enumerable.Range(0, random.Next(1, 8)).Select(i =>
                ($"out {i}", string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => garbage[random.Next(garbage.Length)]))))];
            // The one thing that would be a frame; nobody can print it without knowing the word.
            frames = [.. frames.Select(frame => (frame.Headline, frame.Body.Replace($"\n{Word} ", "\n", StringComparison.Ordinal)))];
            string text = "before the first" + string.Concat(frames.Select(frame => $"\n{Word} {frame.Headline}\n{frame.Body}")) + $"\n{Word} end\n";
            byte[] bytes = Encoding.UTF8.GetBytes(text);

            var reader = new FrameReader(Word);
            var found = new List<(string, string)>();
            for (int at = 0; at < bytes.Length;)
            {
                int count = Math.Min(random.Next(1, 30), bytes.Length - at);
                found.AddRange(reader.Append(bytes.AsSpan(at, count)).Select(frame => (string.Join(' ', frame.Headline), frame.Body)));
                at += count;
            }

            Assert.Equal(frames, found);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void A_body_that_is_too_long_is_cut_and_the_next_frame_is_whole(int piece)
    {
        byte[] bytes = Encoding.UTF8.GetBytes($"\n{Word} out a\n{new string('x', 500)}\n{Word} out b\nshort\n{Word} end\n");
        var reader = new FrameReader(Word, longest: 100);

        Frame[] frames = [.. bytes.Chunk(piece).SelectMany(part => reader.Append(part))];

        Assert.Equal(["out a", "out b"], frames.Select(frame => string.Join(' ', frame.Headline)));
        Assert.True(frames[0].Cut || piece == 1000);
        Assert.True(frames[0].Body.Length < 600);
        Assert.Equal(("short", false), (frames[1].Body, frames[1].Cut));
    }
}
