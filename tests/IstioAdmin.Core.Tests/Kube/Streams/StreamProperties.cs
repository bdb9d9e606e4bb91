using System.Text;
using CsCheck;
using IstioAdmin.Core.Kube.PortForwarding;
using IstioAdmin.Core.Kube.Streams;

namespace IstioAdmin.Core.Tests.Kube.Streams;

public class StreamProperties
{
    private static readonly Gen<int[]> Cuts = Gen.Int[1, 50].Array[1, 20];

    [Fact]
    public Task Lines_are_the_same_however_the_bytes_are_cut() =>
        Gen.Select(Gen.Char["ab\n"].Array[0, 200], Cuts).SampleAsync(async (chars, cuts) =>
        {
            string text = new(chars);
            string[] expected = text.Split('\n');
            var lines = new LineReader(Chunks.Stream(Encoding.UTF8.GetBytes(text), cuts), 1000);
            await using (lines)
            {
                for (int i = 0; i < expected.Length - 1; i++)
                {
                    LineReader.Line line = Assert.NotNull(await lines.ReadAsync(CancellationToken.None));
                    Assert.Equal((expected[i], true), (Encoding.UTF8.GetString(line.Bytes), line.Terminated));
                }
                if (expected[^1].Length > 0)
                {
                    LineReader.Line rest = Assert.NotNull(await lines.ReadAsync(CancellationToken.None));
                    Assert.Equal((expected[^1], false), (Encoding.UTF8.GetString(rest.Bytes), rest.Terminated));
                }
                Assert.Null(await lines.ReadAsync(CancellationToken.None));
            }
        });

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task A_line_may_be_as_long_as_allowed_and_no_longer(int length, bool allowed)
    {
        await using var lines = new LineReader(Chunks.Stream(Encoding.UTF8.GetBytes(new string('a', length) + "\n"), [7]), 100);

        if (allowed)
            Assert.NotNull(await lines.ReadAsync(CancellationToken.None));
        else
            await Assert.ThrowsAsync<InvalidDataException>(async () => await lines.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_line_without_an_end_is_not_collected_for_ever()
    {
        await using var lines = new LineReader(new EndlessStream(), 1024 * 1024);

        await Assert.ThrowsAsync<InvalidDataException>(async () => await lines.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public void Channels_get_their_bytes_however_messages_are_cut() =>
        Gen.Select(Gen.Byte[0, 3], Gen.Byte.Array[0, 60]).Array[0, 20].Select(Cuts).Sample((messages, cuts) =>
        {
            var decoder = new ChannelDecoder();
            var received = new List<byte>[4];
            for (int channel = 0; channel < received.Length; channel++)
                received[channel] = [];
            foreach ((byte channel, byte[] payload) in messages)
            {
                byte[][] pieces = [.. Chunks.Cut([channel, .. payload], cuts)];
                for (int i = 0; i < pieces.Length; i++)
                {
                    if (decoder.TryDecode(pieces[i], endOfMessage: i == pieces.Length - 1, out ChannelFrame frame))
                        received[frame.Channel].AddRange(frame.Payload.ToArray());
                }
            }
            for (byte channel = 0; channel < received.Length; channel++)
                Assert.Equal(messages.Where(message => message.Item1 == channel).SelectMany(message => message.Item2), received[channel]);
        });

    [Fact]
    public void A_port_prefix_is_taken_off_however_it_is_cut() =>
        Gen.Select(Gen.Byte.Array[0, 30], Cuts).Sample((payload, cuts) =>
        {
            var prefix = new PortPrefix();
            byte[] left = [.. Chunks.Cut([0x50, 0x00, .. payload], cuts).SelectMany(piece => prefix.Strip(piece).ToArray())];
            Assert.Equal(payload, left);
        });

    private sealed class EndlessStream : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)'x');
            return count;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'x');
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
