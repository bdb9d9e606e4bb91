using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>Reads what <see cref="NodeScript.InPlace"/> prints about the one network namespace that it runs in.</summary>
internal sealed class InPlaceOutput(string word, NodeReader reader, MeshPod pod)
{
    private readonly FrameReader _frames = new(word);
    private NodeTools? _tools;
    private PodRulesBuilder? _rules;
    private bool _ended;

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        foreach (Frame frame in _frames.Append(bytes))
        {
            switch (frame.Kind)
            {
                case "tools":
                    _tools = NodeTools.Parse(frame.Body);
                    break;
                case "begin" when _tools is not null:
                    _rules = new PodRulesBuilder(pod, reader, _tools);
                    break;
                case "bye":
                    _ended = true;
                    break;
                default:
                    _rules?.Add(frame);
                    break;
            }
        }
    }

    /// <summary>What was read.</summary>
    /// <exception cref="MeshException">The output breaks off (<c>RulesReadCut</c>), or nothing could be printed (<c>RulesNotPrinted</c>).</exception>
    public PodRules Rules()
    {
        if (!_ended || _rules is null)
        {
            throw new MeshException("RulesReadCut", FailureKind.InvalidResponse, $"What {reader.Name} printed breaks off before its end.",
                "The image needs sh, grep, iptables-save and nft; read again, or name another image.", pod);
        }
        return _rules.Build([]) ?? throw new MeshException("RulesNotPrinted", FailureKind.Other, $"The rules could not be read by {reader.Name}: {_rules.Errors}.",
            "It takes NET_ADMIN to read rules.", pod);
    }
}
