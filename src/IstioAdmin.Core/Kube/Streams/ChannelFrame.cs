namespace IstioAdmin.Core.Kube.Streams;

/// <summary>Some bytes of one channel.</summary>
/// <param name="Channel">The channel's number.</param>
/// <param name="Payload">The bytes; valid until the next frame is read.</param>
internal readonly record struct ChannelFrame(byte Channel, ReadOnlyMemory<byte> Payload);
