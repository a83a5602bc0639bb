package lumoproc

import (
	"context"
	"sync"
)

// Pool keeps several children warm, each by a [Keeper] of its own, and gives each request to the one with the least to do. So
// the death of a child is that of its own requests alone.
type Pool struct {
	keepers []*Keeper

	mu   sync.Mutex
	load []int // requests given to each
}

// StartPool starts n children, at least one, and returns without waiting for them.
func StartPool(cfg Config, n int) *Pool {
	p := &Pool{load: make([]int, max(n, 1))}
	for range p.load {
		p.keepers = append(p.keepers, Start(cfg))
	}
	return p
}

// Ready waits until every child takes requests. Its error is that of the first, in their order, that could not be made ready;
// the others are the caller's to Close.
func (p *Pool) Ready(ctx context.Context) (Info, error) {
	var info Info
	for i, k := range p.keepers {
		told, err := k.Ready(ctx)
		if err != nil {
			return Info{}, err
		}
		if i == 0 {
			info = told
		}
	}
	return info, nil
}

// Invoke gives a request to a child; see [Keeper.Invoke].
func (p *Pool) Invoke(ctx context.Context, m Invoke) ([]byte, error) {
	i := p.take()
	defer p.release(i)
	return p.keepers[i].Invoke(ctx, m)
}

// take chooses the child with the least to do among those that can begin at once; where none can, among all.
func (p *Pool) take() (best int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.keepers) > 1 {
		up := p.keepers[0].up()
		for i := 1; i < len(p.keepers); i++ {
			u := p.keepers[i].up()
			if u && !up || u == up && p.load[i] < p.load[best] {
				best, up = i, u
			}
		}
	}
	p.load[best]++
	return best
}

func (p *Pool) release(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.load[i]--
}

// Close ends all children at the same time; see [Keeper.Close].
func (p *Pool) Close(ctx context.Context) {
	var wg sync.WaitGroup
	for _, k := range p.keepers {
		wg.Go(func() { k.Close(ctx) })
	}
	wg.Wait()
}

// up reports whether the keeper's child can be given a request now.
func (k *Keeper) up() (up bool) {
	k.mu.Lock()
	c := k.now.child
	k.mu.Unlock()
	if c != nil {
		c.update(func(s *state) { up = s.trusted() })
	}
	return up
}
