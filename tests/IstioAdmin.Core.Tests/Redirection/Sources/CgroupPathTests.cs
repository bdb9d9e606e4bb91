using IstioAdmin.Core.Redirection.Sources.Node;

namespace IstioAdmin.Core.Tests.Redirection.Sources;

/// <summary>Where a process belongs, from the lines of /proc/PID/cgroup that runtimes and drivers make.</summary>
public sealed class CgroupPathTests
{
    private const string Uid = "5c2b7e0a-11d4-4d8e-9f6e-0a1b2c3d4e5f";
    private const string Uid_ = "5c2b7e0a_11d4_4d8e_9f6e_0a1b2c3d4e5f";
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Outer = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

    [Theory]
    [InlineData($"0::/kubepods/burstable/pod{Uid}/{Id}")]
    [InlineData($"0::/kubepods/pod{Uid}/{Id}")]
    [InlineData($"8:pids:/istioadmin-testbed/kubepods/besteffort/pod{Uid}/{Id}")]
    [InlineData($"11:cpu,cpuacct:/kubepods/besteffort/pod{Uid}/{Id}")]
    [InlineData($"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Uid_}.slice/cri-containerd-{Id}.scope")]
    [InlineData($"0::/kubepods.slice/kubepods-pod{Uid_}.slice/crio-{Id}.scope")]
    [InlineData($"1:name=systemd:/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{Uid_}.slice/docker-{Id}.scope")]
    [InlineData($"0::/kubepods/burstable/pod{Uid}/crio-{Id}")]
    [InlineData($"12:memory:/system.slice/containerd.service/kubepods-burstable-pod{Uid_}.slice:cri-containerd:{Id}")]
    [InlineData($"0::/../../../besteffort/pod{Uid}/{Id}")]
    [InlineData($"0::/../../kubepods-burstable-pod{Uid_}.slice/cri-containerd-{Id}.scope")]
    [InlineData($"3:cpuset:/docker/{Outer}/kubelet/kubepods/besteffort/pod{Uid}/{Id}")]
    [InlineData($"0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod{Uid_}.slice/cri-containerd-{Id}.scope")]
    public void A_line_names_the_pod_and_the_container(string line) =>
        Assert.Equal(new CgroupPlace(Uid, Id, Nested: false), CgroupPath.Parse(line)[^1]);

    [Fact]
    public void A_sibling_of_the_reader_is_known_by_its_container_alone() =>
        Assert.Equal([new CgroupPlace(null, Id, Nested: false)], CgroupPath.Parse($"0::/../cri-containerd-{Id}.scope"));

    [Fact]
    public void A_static_pod_has_the_hash_of_its_manifest_for_a_uid() =>
        Assert.Equal([new CgroupPlace("0123456789abcdef0123456789abcdef", Id, Nested: false)], CgroupPath.Parse($"0::/kubepods/burstable/pod0123456789abcdef0123456789abcdef/{Id}"));

    [Fact]
    public void A_cgroup_that_a_container_made_is_nested_in_it() =>
        Assert.Equal([new CgroupPlace(Uid, Id, Nested: true)], CgroupPath.Parse($"0::/kubepods/pod{Uid}/{Id}/init.scope"));

    [Fact]
    public void A_node_inside_a_pod_names_both_the_outermost_first() => Assert.Equal(
        [new CgroupPlace("99999999-0000-4000-8000-000000000000", Outer, Nested: true), new CgroupPlace(Uid, Id, Nested: false)],
        CgroupPath.Parse($"0::/kubepods/pod99999999-0000-4000-8000-000000000000/{Outer}/kubelet/kubepods/pod{Uid}/{Id}"));

    [Theory]
    [InlineData($"0::/kubepods.slice/kubepods-pod{Uid_}.slice/crio-conmon-{Id}.scope")]
    [InlineData($"0::/kubepods/pod{Uid}/crio-conmon-{Id}")]
    public void What_watches_a_container_is_not_in_it(string line) => Assert.Empty(CgroupPath.Parse(line));

    [Theory]
    [InlineData("0::/")]
    [InlineData("0::/system.slice/kubelet.service")]
    [InlineData("0::/user.slice/user-1000.slice/session-2.scope")]
    [InlineData("8:pids:/kubepods/besteffort")]
    [InlineData("not a line")]
    [InlineData("")]
    [InlineData($"0::/pod{Uid}x")]
    [InlineData($"0::/a{Id}")]
    public void Other_lines_name_nothing(string line) => Assert.Empty(CgroupPath.Parse(line));
}
