using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Discovery;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Planning;

namespace Romana.Cloud.Tests.Discovery;

public sealed class DiscoveryTests
{
    [Fact]
    public void Hosts_are_named_by_their_tag_where_it_tells_them_apart()
    {
        var seen = Ec2HostSource.Read([Instance("i-1", "web"), Instance("i-2", "web") with { PrivateDnsName = "ip-10-0-0-2" }, Instance("i-3", "db")]);
        Assert.Equal(["db", "i-1", "ip-10-0-0-2"], seen.Hosts.Select(host => host.Sighting.Name));
    }

    [Theory]
    [InlineData("running", SightingState.Running, HostHealth.Up)]
    [InlineData("pending", SightingState.Running, HostHealth.Suspect)]
    [InlineData("stopping", SightingState.Draining, HostHealth.Down)]
    [InlineData("stopped", SightingState.Draining, HostHealth.Down)]
    [InlineData("terminated", SightingState.Terminated, HostHealth.Down)]
    public void States_become_health_and_only_terminated_is_evidence_of_death(string state, SightingState sighting, HostHealth health)
    {
        var host = Assert.Single(Ec2HostSource.Read([Instance("i-1", "web") with { State = state }]).Hosts);
        Assert.Equal((sighting, health), (host.Sighting.State, host.Health));
    }

    [Theory]
    [InlineData(null, "eni-i-1-0")]
    [InlineData("1", "eni-i-1-1")]
    [InlineData("eni-i-1-1", "eni-i-1-1")]
    [InlineData("7", null)]
    public void The_pod_interface_is_device_0_or_as_labelled(string? label, string? eni)
    {
        var instance = Instance("i-1", "web");
        if (label is not null) instance = instance with { Tags = instance.Tags.Add("romana.io/pod-interface", label) };
        var seen = Ec2HostSource.Read([instance]);
        Assert.Equal(eni, seen.Hosts.SingleOrDefault()?.Sighting.PodInterface?.Id);
        Assert.Equal(eni is null, seen.Problems.Any(problem => problem.Contains("romana.io/pod-interface", StringComparison.Ordinal)));
    }

    [Fact]
    public void Zone_and_subnet_become_labels_over_what_people_wrote()
    {
        var instance = Instance("i-1", "web");
        var host = Assert.Single(Ec2HostSource.Read([instance with { Tags = instance.Tags.Add("romana.io/subnet", "elsewhere") }]).Hosts);
        Assert.Equal("subnet-1", host.Sighting.Labels["romana.io/subnet"]);
        Assert.Equal("us-west-2a", host.Sighting.Labels["topology.kubernetes.io/zone"]);
    }

    [Theory]
    [InlineData(TableChoice.All, "rtb-1 rtb-main", "")]
    [InlineData(TableChoice.Tag, "rtb-tagged", "rtb-1 rtb-main")]
    [InlineData(TableChoice.Hosts, "rtb-1", "rtb-main")]
    public void Managed_tables_are_as_chosen_and_what_is_left_out_is_told(TableChoice choice, string managed, string leftOut)
    {
        SeenTable[] tables =
        [
            new() { Id = "rtb-1", Subnets = ["subnet-1"] },
            new() { Id = "rtb-main", Main = true },
            new() { Id = "rtb-tagged", Tags = ImmutableSortedDictionary<string, string>.Empty.Add("romana.io/cluster", "blue") },
        ];
        InventorySubnet[] subnets = [new("subnet-1", "a", Cidr.Parse("10.0.0.0/20")), new("subnet-2", "a", Cidr.Parse("10.0.16.0/20"))];

        var chosen = ManagedTables.Choose(tables, subnets, ImmutableHashSet.Create("subnet-1"),
            new ControllerOptions { Cluster = "blue", Tables = choice });

        Assert.Equal(managed, string.Join(' ', chosen.Managed.Select(table => table.Id)));
        Assert.Equal(leftOut, string.Join(' ', chosen.LeftOut.Select(table => table.Id)));
        if (choice == TableChoice.All) Assert.Equal(["subnet-2"], chosen.Managed.Single(table => table.Main).Subnets);
    }

    [Fact]
    public void Wrong_options_are_all_told_at_once()
    {
        var errors = new ControllerOptions { Vpc = "10.0.0.0/16", Endpoint = "nowhere", RateScale = 0, Quota = 4000, Listen = "x" }.Errors();
        Assert.Equal(5, errors.Count);
        Assert.Empty(new ControllerOptions { Vpc = "vpc-1" }.Errors());
    }

    private static SeenInstance Instance(string id, string name) => new()
    {
        Id = id,
        State = "running",
        Zone = "us-west-2a",
        Vpc = "vpc-1",
        Tags = ImmutableSortedDictionary<string, string>.Empty.Add("Name", name),
        Interfaces = [.. Enumerable.Range(0, 2).Select(index => new SeenInterface
        {
            Id = $"eni-{id}-{index}",
            Subnet = "subnet-1",
            DeviceIndex = index,
            Addresses = [IpAddress.Parse($"10.0.0.{10 + index}")],
        })],
    };
}
