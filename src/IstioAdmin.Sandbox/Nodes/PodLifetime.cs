using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>When pods end by themselves. No image runs, so a container lives for as long as its command sleeps, and one that does something else is a server or done at once.</summary>
internal static class PodLifetime
{
    /// <summary>When a pod is to be looked at again because it may have ended; null for one that does not end by itself.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="run">The pod on its node.</param>
    /// <param name="work">How long a container works that does not sleep.</param>
    public static TimeSpan? Of(JsonObject pod, PodRuntime run, TimeSpan work)
    {
        TimeSpan? end = MayEnd(pod) ? run.Containers.Where(container => !container.IsInit).Max(container => Sleeps(pod, container.Name) ?? work) : null;
        TimeSpan? deadline = Meta.Long(pod, "spec", "activeDeadlineSeconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        return deadline < end ? deadline : end ?? deadline;
    }

    /// <summary>Whether a pod has come to its end by itself: its containers have done their work, or its time is over.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="run">The pod on its node.</param>
    /// <param name="phase">How it ended.</param>
    /// <param name="reason">Why, in one word; null for a usual end.</param>
    /// <param name="message">Why, in words; null for a usual end.</param>
    public static bool IsOver(JsonObject pod, PodRuntime run, out string phase, out string? reason, out string? message)
    {
        (phase, reason, message) = ("Succeeded", null, null);
        TimeSpan age = DateTimeOffset.UtcNow - run.Began;
        if (Meta.Long(pod, "spec", "activeDeadlineSeconds") is { } deadline && age >= TimeSpan.FromSeconds(deadline))
        {
            (phase, reason, message) = ("Failed", "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
            return true;
        }
        return MayEnd(pod)
            && run.Containers.Where(container => !container.IsInit).All(container => age >= (Sleeps(pod, container.Name) ?? TimeSpan.Zero));
    }

    /// <summary>How long a container sleeps, where that is all that it does; null for another. A proxy is a server.</summary>
    private static TimeSpan? Sleeps(JsonObject pod, string container)
    {
        if (container == "istio-proxy")
            return TimeSpan.MaxValue;
        JsonObject? spec = Meta.Items(pod, "spec", "containers").FirstOrDefault(one => Json.Text(one, "name") == container);
        string[] words = [.. string.Join(' ', [.. Json.Texts(spec, "command"), .. Json.Texts(spec, "args")]).Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        int at = Array.IndexOf(words, "sleep");
        if (at < 0 || at + 1 >= words.Length)
            return null;
        return words[at + 1] == "infinity" ? TimeSpan.MaxValue
            : double.TryParse(words[at + 1].TrimEnd('s'), NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) ? TimeSpan.FromSeconds(Math.Min(seconds, 1e9)) : null;
    }

    private static bool MayEnd(JsonObject pod) => Json.Text(pod, "spec", "restartPolicy") is "Never" or "OnFailure";
}
