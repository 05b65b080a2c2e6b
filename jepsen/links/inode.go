package links

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// inodeOf asks the kernel for the local socket that is bound to one address and connected to
// another. That is one query about one socket (sock_diag). /proc/net/tcp lists all sockets,
// thousands in a flood, and is read only if the query gets no answer.
func inodeOf(socket, peer *net.TCPAddr) (string, error) {
	inode, err := askKernel(socket, peer)
	if err == nil || err == syscall.ENOENT {
		return inode, err
	}
	return readTable(socket.Port, peer.Port)
}

// The kernel's NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY and INET_DIAG_NOCOOKIE, and the sizes of its
// structures.
const (
	netlinkSockDiag  = 4
	sockDiagByFamily = 20
	headerSize       = 16 // nlmsghdr
	questionSize     = 56 // inet_diag_req_v2
	answerSize       = 72 // inet_diag_msg
	inodeAt          = 68 // offset of the inode in it
)

func askKernel(socket, peer *net.TCPAddr) (string, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		return "", err
	}
	defer syscall.Close(fd)
	patience := syscall.NsecToTimeval(int64(time.Second))
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &patience); err != nil {
		return "", err
	}
	from, to := socket.IP.To4(), peer.IP.To4()
	if from == nil || to == nil {
		return "", fmt.Errorf("links: %s and %s are not both IPv4", socket, peer)
	}
	b := make([]byte, headerSize+questionSize)
	binary.NativeEndian.PutUint32(b[0:], uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(b[6:], syscall.NLM_F_REQUEST)
	q := b[headerSize:]
	q[0], q[1] = syscall.AF_INET, syscall.IPPROTO_TCP
	binary.NativeEndian.PutUint32(q[4:], ^uint32(0)) // in any state
	binary.BigEndian.PutUint16(q[8:], uint16(socket.Port))
	binary.BigEndian.PutUint16(q[10:], uint16(peer.Port))
	copy(q[12:], from)
	copy(q[28:], to)
	binary.NativeEndian.PutUint64(q[48:], ^uint64(0)) // no cookie
	if err := syscall.Sendto(fd, b, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return "", err
	}
	answer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(fd, answer, 0)
	if err != nil {
		return "", err
	}
	if n < headerSize {
		return "", fmt.Errorf("links: sock_diag answered %d bytes", n)
	}
	switch kind := binary.NativeEndian.Uint16(answer[4:]); {
	case kind == syscall.NLMSG_ERROR && n >= headerSize+4:
		return "", syscall.Errno(-int32(binary.NativeEndian.Uint32(answer[headerSize:])))
	case kind != sockDiagByFamily || n < headerSize+answerSize:
		return "", fmt.Errorf("links: sock_diag answered %d bytes of kind %d", n, kind)
	}
	return strconv.FormatUint(uint64(binary.NativeEndian.Uint32(answer[headerSize+inodeAt:])), 10), nil
}

// readTable finds the socket by its ports in the list of all sockets.
func readTable(port, to int) (string, error) {
	b, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return "", err
	}
	want, other := fmt.Sprintf(":%04X", port), fmt.Sprintf(":%04X", to)
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		if len(fields) > 9 && strings.HasSuffix(fields[1], want) && strings.HasSuffix(fields[2], other) && fields[9] != "0" {
			return fields[9], nil
		}
	}
	return "", syscall.ENOENT
}
