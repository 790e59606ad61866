using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Tests;

/// <summary>How an answer is put together from datagrams.</summary>
public sealed class ReplyTests
{
    private static readonly byte[] Acknowledged = Dialogue.Message(MessageType.Error, MessageFlags.Capped, new byte[4 + MessageHeader.Size]);

    [Fact]
    public void A_dump_is_complete_only_with_its_end()
    {
        var answers = Dialogue.Read("link-list").Answers;
        var reply = new Reply<Interface>(1, InterfaceCodec.Decode);
        reply.Take(answers[0]);
        Assert.False(reply.IsComplete);
        reply.Take(answers[1]);
        Assert.True(reply.IsComplete);
        Assert.False(reply.IsInterrupted);
    }

    [Fact]
    public void A_dump_under_which_the_list_changed_says_so()
    {
        var answers = Dialogue.Read("link-list").Answers;
        answers[0][6] |= (byte)MessageFlags.DumpInterrupted;
        var reply = new Reply<Interface>(1, InterfaceCodec.Decode);
        foreach (var answer in answers) reply.Take(answer);
        Assert.True(reply.IsComplete);
        Assert.True(reply.IsInterrupted);
    }

    /// <summary>In the second case a removal may have left nothing for the second datagram: a full one tells nothing of the list's end.</summary>
    [Theory]
    [InlineData(false, 300)]
    [InlineData(true, 300, 300)]
    [InlineData(true, 3_500)]
    [InlineData(true, 7_500)]
    [InlineData(true, 32_000)]
    [InlineData(false, 2_000)]
    [InlineData(false, 5_000)]
    [InlineData(false, 16_000)]
    public void A_list_that_was_taken_up_again_is_in_pieces(bool isPieced, params int[] datagrams)
    {
        var reply = new Reply<object>(1, _ => null);
        foreach (var length in datagrams) reply.Take(Dialogue.Message(MessageType.NewRule, 0, new byte[length - MessageHeader.Size]));
        reply.Take(Dialogue.Message(MessageType.Done, 0, new byte[4]));
        Assert.Equal(isPieced, reply.IsPieced);
    }

    [Fact]
    public void A_full_datagram_that_has_the_list_s_end_is_the_whole_list()
    {
        var reply = new Reply<object>(1, _ => null);
        reply.Take([.. Dialogue.Message(MessageType.NewRule, 0, new byte[3_700]), .. Dialogue.Message(MessageType.Done, 0, new byte[4])]);
        Assert.True(reply.IsComplete);
        Assert.False(reply.IsPieced);
    }

    [Fact]
    public void What_is_left_of_an_earlier_request_is_passed_over()
    {
        var reply = new Reply<Interface>(2, InterfaceCodec.Decode);
        foreach (var answer in Dialogue.Read("link-list").Answers) reply.Take(answer);
        reply.Take(Acknowledged);
        Assert.False(reply.IsComplete);
        Assert.Empty(reply.Items);
    }

    /// <summary>Otherwise the socket would be left in the middle of a dump, and refuse the next.</summary>
    [Fact]
    public void An_object_that_cannot_be_read_does_not_end_the_answer()
    {
        var reply = new Reply<Interface>(1, InterfaceCodec.Decode);
        reply.Take(Dialogue.Message(MessageType.NewInterface, 0, new byte[3]));
        Assert.False(reply.IsComplete);
        Assert.Equal("a message of type 16 has 3 bytes where its fixed part has 16", reply.Fault?.Message);
        reply.Take(Acknowledged);
        Assert.True(reply.IsComplete);
    }

    [Fact]
    public void A_dump_can_fail_at_its_end()
    {
        var reply = new Reply<Interface>(1, InterfaceCodec.Decode);
        reply.Take(Dialogue.Message(MessageType.Done, 0, BitConverter.GetBytes(-Errno.Invalid)));
        Assert.Equal(Errno.Invalid, reply.Failure?.Errno);
    }

    /// <summary>NLMSGERR_ATTR_OFFS and NLMSGERR_ATTR_MISS_TYPE, laid out as linux/netlink.h says.</summary>
    [Theory]
    [InlineData(2, 16 + 12 + 8, "cannot try: the kernel gives no reason (EINVAL) at the gateway (RTA_GATEWAY)")]
    [InlineData(2, 16 + 12, "cannot try: the kernel gives no reason (EINVAL) at the destination (RTA_DST)")]
    [InlineData(2, 16 + 12 + 8 + 7, "cannot try: the kernel gives no reason (EINVAL) at the gateway (RTA_GATEWAY)")]
    [InlineData(2, 3, "cannot try: the kernel gives no reason (EINVAL)")]
    [InlineData(2, 4000, "cannot try: the kernel gives no reason (EINVAL)")]
    [InlineData(5, 15, "cannot try: the kernel gives no reason (EINVAL) at the table (RTA_TABLE), which is missing")]
    public void An_error_names_the_part_of_the_request_that_it_points_at(ushort attribute, int value, string text)
    {
        byte[] body = [.. BitConverter.GetBytes(-Errno.Invalid), .. new byte[MessageHeader.Size], 8, 0, (byte)attribute, 0, .. BitConverter.GetBytes(value)];
        var reply = new Reply<object>(1, _ => null);
        reply.Take(Dialogue.Message(MessageType.Error, MessageFlags.Capped | MessageFlags.AnswerHasAttributes, body));
        Assert.Equal(text, KernelError.From(reply.Failure!.Value, "try", Dialogue.Read("err-route").Request).ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-5000)]
    [InlineData(int.MinValue)]
    public void A_code_that_no_kernel_gives_is_a_fault(int code)
    {
        var reply = new Reply<object>(1, _ => null);
        reply.Take(Dialogue.Message(MessageType.Error, 0, BitConverter.GetBytes(code)));
        Assert.True(reply.IsComplete);
        Assert.Equal($"{code} is no error code of the kernel", reply.Fault?.Message);
    }

    [Fact]
    public void Notifications_tell_kinds_and_whose_they_are()
    {
        byte[] others = [.. Dialogue.Message(MessageType.NewRoute, 0, new byte[12]), .. Dialogue.Message(MessageType.DeleteRule, 0, new byte[12])];
        Assert.Equal(
            new LookAgain(KernelKinds.Routes | KernelKinds.Rules, KernelKinds.None, KernelKinds.None),
            NotificationReader.Read(others, port => port == 77));
        var own = Dialogue.Message(MessageType.NewAddress, 0, new byte[8]);
        own[12] = 77;
        Assert.Equal(
            new LookAgain(KernelKinds.Rules | KernelKinds.Routes, KernelKinds.None, KernelKinds.Addresses),
            NotificationReader.Read([.. others, .. own], port => port == 77));
    }

    /// <summary>The recorded lists have things of ours, and of the kernel; a notification looks like a line of a list.</summary>
    [Theory]
    [InlineData("route-list-tables", true, KernelKinds.Routes)]
    [InlineData("rule-list", true, KernelKinds.Rules)]
    [InlineData("neigh-list", true, KernelKinds.Neighbours)]
    [InlineData("route-get", false, KernelKinds.Routes)]
    [InlineData("addr-list", false, KernelKinds.Addresses)]
    internal void Notifications_tell_of_what_carries_our_number(string vector, bool ofOurs, KernelKinds kind) => Assert.Equal(
        new LookAgain(kind, ofOurs ? kind : KernelKinds.None, KernelKinds.None),
        NotificationReader.Read(Dialogue.Read(vector).Answers[0], _ => false));
}
