using System.Text.Json;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>Reads a pod's JSON into a draft: one method for each object of the API, one line for each field that matters.</summary>
internal static class JsonPod
{
    /// <summary>Reads one pod; the reader stands at its opening brace and ends at its closing one.</summary>
    public static void Read(ref Utf8JsonReader json, PodDraft pod)
    {
        while (json.NextProperty())
        {
            if (json.ValueTextEquals("metadata"u8))
                Metadata(ref json, pod);
            else if (json.ValueTextEquals("spec"u8) && !pod.IsLeftOut)
                Spec(ref json, pod);
            else if (json.ValueTextEquals("status"u8) && !pod.IsLeftOut)
                Status(ref json, pod);
            else
                json.Skip();
        }
    }

    private static void Metadata(ref Utf8JsonReader json, PodDraft pod)
    {
        if (!json.Enter())
            return;
        while (json.NextProperty())
        {
            if (json.ValueTextEquals("name"u8))
                pod.Name = json.NextString();
            else if (json.ValueTextEquals("namespace"u8))
                pod.Namespace = json.NextString();
            else if (json.ValueTextEquals("uid"u8))
                pod.Uid = json.NextString();
            else if (json.ValueTextEquals("labels"u8))
                Map(ref json, pod.Labels, PodDraft.WantsLabel);
            else if (json.ValueTextEquals("annotations"u8))
                Map(ref json, pod.Annotations, PodDraft.WantsAnnotation);
            else if (json.ValueTextEquals("ownerReferences"u8))
                Owners(ref json, pod);
            else
                json.Skip();
        }
    }

    private static void Map(ref Utf8JsonReader json, List<(string Name, string Value)> map, Func<string, bool> wants)
    {
        if (!json.Enter())
            return;
        while (json.NextProperty())
        {
            if (json.GetString() is { } name && wants(name))
                map.Add((name, json.NextString() ?? ""));
            else
                json.Skip();
        }
    }

    private static void Owners(ref Utf8JsonReader json, PodDraft pod)
    {
        if (!json.EnterArray())
            return;
        while (json.NextObject())
        {
            string? kind = null, name = null;
            bool isController = false;
            while (json.NextProperty())
            {
                if (json.ValueTextEquals("kind"u8))
                    kind = json.NextString();
                else if (json.ValueTextEquals("name"u8))
                    name = json.NextString();
                else if (json.ValueTextEquals("controller"u8))
                    isController = json.NextBoolean();
                else
                    json.Skip();
            }
            if (isController)
                (pod.OwnerKind, pod.OwnerName) = (kind, name);
        }
    }

    private static void Spec(ref Utf8JsonReader json, PodDraft pod)
    {
        if (!json.Enter())
            return;
        while (json.NextProperty())
        {
            if (json.ValueTextEquals("containers"u8))
                Containers(ref json, pod.Containers);
            else if (json.ValueTextEquals("initContainers"u8))
                Containers(ref json, pod.InitContainers);
            else if (json.ValueTextEquals("nodeName"u8))
                pod.Node = json.NextString();
            else if (json.ValueTextEquals("hostNetwork"u8))
                pod.HostNetwork = json.NextBoolean();
            else if (json.ValueTextEquals("securityContext"u8))
                SecurityContext(ref json, pod);
            else
                json.Skip();
        }
    }

    private static void SecurityContext(ref Utf8JsonReader json, PodDraft pod)
    {
        if (!json.Enter())
            return;
        while (json.NextProperty())
        {
            if (json.ValueTextEquals("runAsUser"u8))
                pod.RunAsUser = json.NextNumber();
            else if (json.ValueTextEquals("runAsGroup"u8))
                pod.RunAsGroup = json.NextNumber();
            else
                json.Skip();
        }
    }

    private static void Containers(ref Utf8JsonReader json, ContainerDrafts containers)
    {
        if (!json.EnterArray())
            return;
        while (json.NextObject())
        {
            ContainerDraft container = containers.Add();
            while (json.NextProperty())
            {
                if (json.ValueTextEquals("name"u8))
                    container.Name = json.NextString() ?? "";
                else if (json.ValueTextEquals("image"u8))
                    container.Image = json.NextString();
                else if (json.ValueTextEquals("command"u8) && container.WantsCommand)
                    Command(ref json, container);
                else if (json.ValueTextEquals("args"u8))
                    Arguments(ref json, container);
                else if (json.ValueTextEquals("ports"u8))
                    Ports(ref json, container);
                else if (json.ValueTextEquals("env"u8))
                    Variables(ref json, container);
                else if (json.ValueTextEquals("securityContext"u8))
                    SecurityContext(ref json, container);
                else
                    json.Skip();
            }
        }
    }

    private static void Command(ref Utf8JsonReader json, ContainerDraft container)
    {
        if (!json.EnterArray())
            return;
        while (json.NextElement())
            container.Command.Add(json.GetString() ?? "");
    }

    private static void Arguments(ref Utf8JsonReader json, ContainerDraft container)
    {
        if (!json.EnterArray())
            return;
        while (json.NextElement())
        {
            json.ExpectString();
            if (container.WantsArgument)
                container.Arguments.Add(json.GetString() ?? "");
        }
    }

    private static void Ports(ref Utf8JsonReader json, ContainerDraft container)
    {
        if (!json.EnterArray())
            return;
        while (json.NextObject())
        {
            long number = 0;
            string? protocol = null;
            while (json.NextProperty())
            {
                if (json.ValueTextEquals("containerPort"u8))
                    number = json.NextNumber() ?? 0;
                else if (json.ValueTextEquals("protocol"u8))
                    protocol = json.NextString();
                else
                    json.Skip();
            }
            container.AddPort(number, protocol);
        }
    }

    private static void Variables(ref Utf8JsonReader json, ContainerDraft container)
    {
        if (!json.EnterArray())
            return;
        while (json.NextObject())
        {
            string? name = null, value = null;
            while (json.NextProperty())
            {
                if (json.ValueTextEquals("name"u8))
                    name = json.NextString();
                else if (json.ValueTextEquals("value"u8) && (name is null || ContainerDraft.WantsVariable(name)))
                    value = json.NextString();
                else
                    json.Skip();
            }
            if (name is not null)
                container.SetVariable(name, value ?? "");
        }
    }

    private static void SecurityContext(ref Utf8JsonReader json, ContainerDraft container)
    {
        if (!json.Enter())
            return;
        while (json.NextProperty())
        {
            if (json.ValueTextEquals("privileged"u8))
                container.Privileged = json.NextBoolean();
            else if (json.ValueTextEquals("runAsUser"u8))
                container.RunAsUser = json.NextNumber();
            else if (json.ValueTextEquals("runAsGroup"u8))
                container.RunAsGroup = json.NextNumber();
            else if (json.ValueTextEquals("capabilities"u8))
                Capabilities(ref json, container);
            else
                json.Skip();
        }
    }

    private static void Capabilities(ref Utf8JsonReader json, ContainerDraft container)
    {
        if (!json.Enter())
            return;
        while (json.NextProperty())
        {
            if (!json.ValueTextEquals("add"u8))
            {
                json.Skip();
            }
            else if (json.EnterArray())
            {
                while (json.NextElement())
                    container.AddCapability(json.GetString() ?? "");
            }
        }
    }

    private static void Status(ref Utf8JsonReader json, PodDraft pod)
    {
        if (!json.Enter())
            return;
        while (json.NextProperty())
        {
            if (json.ValueTextEquals("phase"u8))
                pod.Phase = json.NextString();
            else if (json.ValueTextEquals("podIP"u8))
                pod.PodIP = json.NextString();
            else if (json.ValueTextEquals("podIPs"u8))
                Addresses(ref json, pod);
            else if (json.ValueTextEquals("conditions"u8))
                Conditions(ref json, pod);
            else if (json.ValueTextEquals("containerStatuses"u8))
                ContainerIds(ref json, pod.ContainerIds);
            else if (json.ValueTextEquals("initContainerStatuses"u8))
                ContainerIds(ref json, pod.InitContainerIds);
            else
                json.Skip();
        }
    }

    private static void Conditions(ref Utf8JsonReader json, PodDraft pod)
    {
        if (!json.EnterArray())
            return;
        while (json.NextObject())
        {
            string? type = null, status = null;
            while (json.NextProperty())
            {
                if (json.ValueTextEquals("type"u8))
                    type = json.NextString();
                else if (json.ValueTextEquals("status"u8))
                    status = json.NextString();
                else
                    json.Skip();
            }
            pod.AddCondition(type, status);
        }
    }

    private static void ContainerIds(ref Utf8JsonReader json, List<(string Name, string Value)> ids)
    {
        if (!json.EnterArray())
            return;
        while (json.NextObject())
        {
            string? name = null, id = null;
            while (json.NextProperty())
            {
                if (json.ValueTextEquals("name"u8))
                    name = json.NextString();
                else if (json.ValueTextEquals("containerID"u8))
                    id = json.NextString();
                else
                    json.Skip();
            }
            PodDraft.AddContainerId(ids, name, id);
        }
    }

    private static void Addresses(ref Utf8JsonReader json, PodDraft pod)
    {
        if (!json.EnterArray())
            return;
        while (json.NextObject())
        {
            while (json.NextProperty())
            {
                if (json.ValueTextEquals("ip"u8))
                    pod.AddAddress(json.NextString());
                else
                    json.Skip();
            }
        }
    }
}
