using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Demo.Ec2;
using InstanceState = Romana.Demo.Ec2.InstanceState;

namespace Romana.Demo.Tests;

/// <summary>Instances, interfaces and their attributes.</summary>
public sealed class InstanceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Instances_are_run_stopped_started_and_terminated()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario(Hosts: 0));
        var run = await test.Client.RunInstancesAsync(new RunInstancesRequest
        {
            SubnetId = test.State.Subnets.Keys.First(),
            MinCount = 2,
            MaxCount = 2,
            InstanceType = "c7g.large",
            TagSpecifications = [new TagSpecification { ResourceType = "instance", Tags = [new Amazon.EC2.Model.Tag("Name", "new")] }],
        }, Cancel);
        var ids = run.Reservation.Instances.Select(one => one.InstanceId).ToList();
        Assert.Equal(2, ids.Count);
        Assert.All(ids, id => Assert.Equal(("new", "c7g.large"), (test.State.Instances[id].Name, test.State.Instances[id].Type)));

        var stopped = await test.Client.StopInstancesAsync(new StopInstancesRequest { InstanceIds = ids }, Cancel);
        Assert.All(stopped.StoppingInstances, one => Assert.Equal(("running", "stopped"), (one.PreviousState.Name.Value, one.CurrentState.Name.Value)));
        await test.Client.StartInstancesAsync(new StartInstancesRequest { InstanceIds = ids }, Cancel);
        Assert.All(ids, id => Assert.Equal(InstanceState.Running, test.State.Instances[id].State));
        await test.Client.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = ids }, Cancel);
        Assert.DoesNotContain(test.State.Interfaces.Values, eni => ids.Contains(eni.Attachment?.InstanceId ?? ""));
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() =>
            test.Client.StartInstancesAsync(new StartInstancesRequest { InstanceIds = ids }, Cancel));
        Assert.Equal("IncorrectInstanceState", error.ErrorCode);
    }

    [Fact]
    public async Task A_terminated_instance_is_shown_for_an_hour()
    {
        await using var test = await TestVpc.StartAsync();
        var id = test.State.FindInstance("host-1")!.Id;
        test.Vpc.Terminate("host-1");
        var request = new DescribeInstancesRequest { InstanceIds = [id] };
        var shown = Assert.Single((await test.Client.DescribeInstancesAsync(request, Cancel)).Reservations[0].Instances);
        Assert.Equal("terminated", shown.State.Name.Value);
        Assert.Empty(shown.NetworkInterfaces);
        test.Time.Advance(TimeSpan.FromHours(2));
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.Client.DescribeInstancesAsync(request, Cancel));
        Assert.Equal("InvalidInstanceID.NotFound", error.ErrorCode);
    }

    [Theory]
    [InlineData(false, 11)]
    [InlineData(true, 12)]
    public async Task Status_is_of_running_instances_unless_all_are_asked_for(bool all, int count)
    {
        await using var test = await TestVpc.StartAsync();
        test.Vpc.Stop("host-2");
        test.Vpc.Update(state => state.With(state.FindInstance("host-1")! with { Health = "impaired" }));
        var response = await test.Client.DescribeInstanceStatusAsync(new DescribeInstanceStatusRequest { IncludeAllInstances = all }, Cancel);
        Assert.Equal(count, response.InstanceStatuses.Count);
        var first = response.InstanceStatuses.Single(one => one.InstanceId == test.State.FindInstance("host-1")!.Id);
        Assert.Equal(SummaryStatus.Impaired, first.Status.Status);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, "InvalidInstanceID")]
    public async Task The_check_of_an_instance_can_be_set_while_it_has_one_interface(int interfaces, string? code)
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { InterfacesPerHost = interfaces });
        var request = new ModifyInstanceAttributeRequest { InstanceId = test.State.FindInstance("host-1")!.Id, SourceDestCheck = false };
        var error = await Record.ExceptionAsync(() => test.Client.ModifyInstanceAttributeAsync(request, Cancel));
        Assert.Equal(code, (error as AmazonEC2Exception)?.ErrorCode);
        Assert.Equal(code is not null, test.State.Interfaces[test.Eni].SourceDestCheck);
    }

    [Fact]
    public async Task The_check_of_an_interface_is_set_and_read()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { InterfacesPerHost = 2 });
        await test.Client.ModifyNetworkInterfaceAttributeAsync(
            new ModifyNetworkInterfaceAttributeRequest { NetworkInterfaceId = test.Eni, SourceDestCheck = false }, Cancel);
        var read = await test.Client.DescribeNetworkInterfaceAttributeAsync(
            new DescribeNetworkInterfaceAttributeRequest { NetworkInterfaceId = test.Eni, Attribute = "sourceDestCheck" }, Cancel);
        Assert.False(read.SourceDestCheck);
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.Client.ModifyNetworkInterfaceAttributeAsync(
            new ModifyNetworkInterfaceAttributeRequest { NetworkInterfaceId = "eni-0dead000", SourceDestCheck = false }, Cancel));
        Assert.Equal("InvalidNetworkInterfaceID.NotFound", error.ErrorCode);
    }

    [Fact]
    public async Task Addresses_are_not_used_twice_unless_asked_for()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario(1, 1, 1));
        var subnet = test.State.Subnets.Keys.Single();
        var old = test.State.Interfaces[test.Eni].Address;
        test.Vpc.Terminate("host-1");
        var next = test.Vpc.Launch(new Launch { SubnetId = subnet, Name = "host-2" });
        Assert.NotEqual(old, test.State.Interfaces[next.Interfaces[0]].Address);
        var again = test.Vpc.Launch(new Launch { SubnetId = subnet, Name = "host-1", Address = old });
        Assert.Equal(old, test.State.Interfaces[again.Interfaces[0]].Address);
        Assert.Throws<InvalidOperationException>(() => test.Vpc.Launch(new Launch { SubnetId = subnet, Address = old }));
    }

    [Fact]
    public async Task Tags_are_made_read_and_taken_away()
    {
        await using var test = await TestVpc.StartAsync();
        await test.Client.CreateTagsAsync(
            new CreateTagsRequest { Resources = [test.Table.Id, test.Eni], Tags = [new Amazon.EC2.Model.Tag("colour", "red")] }, Cancel);
        var filter = new Filter("key", ["colour"]);
        var tags = (await test.Client.DescribeTagsAsync(new DescribeTagsRequest { Filters = [filter] }, Cancel)).Tags;
        Assert.Equal([("network-interface", test.Eni), ("route-table", test.Table.Id)], tags.Select(tag => (tag.ResourceType.Value, tag.ResourceId)));
        await test.Client.DeleteTagsAsync(
            new DeleteTagsRequest { Resources = [test.Eni], Tags = [new Amazon.EC2.Model.Tag("colour")] }, Cancel);
        Assert.Single((await test.Client.DescribeTagsAsync(new DescribeTagsRequest { Filters = [filter] }, Cancel)).Tags);
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.Client.CreateTagsAsync(
            new CreateTagsRequest { Resources = ["i-0dead000"], Tags = [new Amazon.EC2.Model.Tag("a", "b")] }, Cancel));
        Assert.Equal("InvalidID", error.ErrorCode);
    }
}
